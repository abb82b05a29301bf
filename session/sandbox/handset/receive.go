package handset

import (
	"errors"
	"log/slog"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/signal"
	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// incoming is a message as it reaches the phone.
type incoming struct {
	node   *waBinary.Node
	id     string
	chat   types.JID // LID or group
	sender types.JID // LID of the device
	name   string
	number string // the sender's, if it was told
	time   time.Time
	mine   bool // of a linked device of the account
	peer   bool // about the account, not for people
}

// receive decrypts a message, shows it and says so, or asks for it again.
func (p *Phone) receive(node *waBinary.Node) {
	in, ok := p.readIncoming(node)
	if !ok {
		p.acknowledge(node)
		return
	}
	failed := false
	for _, enc := range node.GetChildren() {
		if enc.Tag != "enc" {
			continue
		}
		message, err := p.decrypt(in, &enc)
		switch {
		case errors.Is(err, signal.ErrDuplicate):
			continue // seen before; the receipt was lost
		case err != nil:
			p.cfg.Log.Info("a phone cannot decrypt a message", slog.String("phone", stanza.MaskNumber(p.cfg.Number)), slog.Any("err", err))
			p.waitFor(in, &enc)
			failed = true
		default:
			p.understand(in, message)
		}
	}
	if failed {
		p.askAgain(in)
		return
	}
	p.confirm(in)
}

// readIncoming finds out who wrote a message, and where.
func (p *Phone) readIncoming(node *waBinary.Node) (in *incoming, ok bool) {
	from, participant := stanza.JID(node, "from"), stanza.JID(node, "participant")
	in = &incoming{
		node: node, id: stanza.Attr(node, "id"), name: stanza.Attr(node, "notify"),
		peer: stanza.Attr(node, "category") == "peer",
	}
	seconds, _ := strconv.ParseInt(stanza.Attr(node, "t"), 10, 64) // the router writes it
	in.time = time.Unix(seconds, 0).UTC()
	writer := from
	if from.Server == types.GroupServer {
		in.chat, writer = from, participant
	}
	if in.sender, ok = p.cfg.Router.LID(writer); !ok {
		return nil, false
	}
	in.mine = in.sender.User == p.lid.User
	if number, known := p.cfg.Router.Number(in.sender); known {
		in.number = number.User
	}
	switch {
	case in.chat.Server == types.GroupServer:
	case in.mine:
		if in.chat, ok = p.cfg.Router.LID(stanza.JID(node, "recipient")); !ok {
			in.chat = p.lid
		}
		if recipient := stanza.JID(node, "recipient"); recipient.Server == types.GroupServer {
			in.chat = recipient
		}
	default:
		in.chat = in.sender.ToNonAD()
	}
	in.chat = in.chat.ToNonAD()
	return in, true
}

// decrypt opens one ciphertext of a message.
func (p *Phone) decrypt(in *incoming, enc *waBinary.Node) (*waE2E.Message, error) {
	kind := stanza.Attr(enc, "type")
	var plain []byte
	var err error
	if kind == "skmsg" {
		plain, err = p.signal.DecryptGroup(in.chat, in.sender, stanza.Bytes(enc))
	} else {
		plain, err = p.signal.Decrypt(in.sender, stanza.Bytes(enc), kind == "pkmsg")
	}
	if err != nil {
		return nil, err
	}
	message := new(waE2E.Message)
	if err := proto.Unmarshal(plain, message); err != nil {
		p.note(violation.Shape, in, "a message that is no protobuf")
		return nil, err
	}
	return message, nil
}

// note keeps what a client did wrong that only the reader of its message can see.
func (p *Phone) note(kind violation.Kind, in *incoming, detail string) {
	p.cfg.Violations.Add(kind, in.sender.String(), in.id, detail)
}

// understand does what a message says.
func (p *Phone) understand(in *incoming, message *waE2E.Message) {
	if sent := message.GetDeviceSentMessage(); sent != nil {
		if !in.mine {
			p.note(violation.Shape, in, "a message of one's own devices from somebody else")
			return
		}
		message = sent.GetMessage()
	}
	if key := message.GetSenderKeyDistributionMessage(); key != nil {
		if err := p.signal.TakeGroupKey(in.chat, in.sender, key.GetAxolotlSenderKeyDistributionMessage()); err != nil {
			p.note(violation.Ciphertext, in, "a sender key that is none")
		}
	}
	switch {
	case in.peer && in.mine:
		p.servePeer(in, message)
	default:
		p.show(in, message)
	}
}

// waitFor shows that there is a message which cannot be read yet.
func (p *Phone) waitFor(in *incoming, enc *waBinary.Node) {
	if in.peer || stanza.Attr(enc, "decrypt-fail") == string(events.DecryptFailHide) {
		return
	}
	p.book.Add(p.frame(in, chat.Waiting))
}

// confirm sends the receipt of a message that was read, and blue ticks when the person
// at the phone reads at once.
func (p *Phone) confirm(in *incoming) {
	attrs := receiptAttrs(in)
	if in.mine {
		attrs["type"] = string(types.ReceiptTypeSender)
	}
	p.handOver(stanza.New("receipt", attrs))
}

func receiptAttrs(in *incoming) waBinary.Attrs {
	attrs := waBinary.Attrs{"id": in.id, "to": in.node.Attrs["from"]}
	for _, name := range []string{"participant", "recipient"} {
		if value, ok := in.node.Attrs[name]; ok {
			attrs[name] = value
		}
	}
	return attrs
}
