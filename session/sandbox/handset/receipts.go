package handset

import (
	"encoding/binary"
	"log/slog"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/stanza"
)

// takeReceipt takes what becomes of the phone's messages, and of those of its account's
// linked devices.
func (p *Phone) takeReceipt(node *waBinary.Node) {
	from, ok := p.cfg.Router.LID(stanza.JID(node, "from"))
	where := from.ToNonAD()
	if group := stanza.JID(node, "from"); group.Server == types.GroupServer {
		where, ok = group, true
	}
	kind := types.ReceiptType(stanza.Attr(node, "type"))
	if !ok {
		return
	}
	if from.User == p.lid.User {
		p.takeOwnReceipt(node, kind)
		return
	}
	switch kind {
	case types.ReceiptTypeRetry:
		p.sendAgain(node)
	case types.ReceiptTypeDelivered, types.ReceiptTypeInactive:
		p.advance(node, where, chat.Delivered)
	case types.ReceiptTypeRead:
		p.advance(node, where, chat.Read)
	case types.ReceiptTypePlayed:
		p.advance(node, where, chat.Played)
	default: // nothing that a phone shows
	}
}

// takeOwnReceipt takes a receipt of a linked device of the account.
func (p *Phone) takeOwnReceipt(node *waBinary.Node, kind types.ReceiptType) {
	switch kind {
	case types.ReceiptTypeRetry:
		p.sendAgain(node)
	case types.ReceiptTypeServerError:
		p.uploadAgain(node)
	case types.ReceiptTypeRead, types.ReceiptTypeReadSelf:
		if where, ok := p.chatOf(stanza.JID(node, "recipient")); ok {
			p.book.MarkSeen(where.String())
		}
	default: // the linked device has got something of this phone's
	}
}

// chatOf is the address that the book has for a chat.
func (p *Phone) chatOf(jid types.JID) (types.JID, bool) {
	if jid.Server == types.GroupServer {
		return jid, true
	}
	lid, ok := p.cfg.Router.LID(jid)
	return lid.ToNonAD(), ok
}

func (p *Phone) advance(node *waBinary.Node, where types.JID, to chat.Status) {
	ids := []string{stanza.Attr(node, "id")}
	list := stanza.Child(node, "list")
	for _, item := range list.GetChildren() {
		ids = append(ids, stanza.Attr(&item, "id"))
	}
	for _, id := range ids {
		p.book.Advance(where.String(), id, to)
	}
}

// takeAck takes an acknowledgement that came after the phone had stopped waiting for it.
func (p *Phone) takeAck(node *waBinary.Node) {
	if stanza.Attr(node, "class") != "message" {
		return
	}
	where, ok := p.chatOf(stanza.JID(node, "from"))
	if !ok {
		return
	}
	if code, _ := strconv.Atoi(stanza.Attr(node, "error")); code != 0 {
		p.book.Change(where.String(), p.lid.String(), stanza.Attr(node, "id"), func(m *chat.Message) {
			m.Status, m.Error = chat.Failed, code
		})
		return
	}
	p.book.Advance(where.String(), stanza.Attr(node, "id"), chat.Sent)
}

// maxRetries is how often a phone asks for a message, and answers such requests.
const maxRetries = 5

// askAgain asks the device that wrote a message to encrypt it anew, with the keys for a
// new session.
func (p *Phone) askAgain(in *incoming) {
	p.mu.Lock()
	if p.retries == nil {
		p.retries = make(map[string]int)
	}
	key := in.sender.String() + " " + in.id
	p.retries[key]++
	count := p.retries[key]
	p.mu.Unlock()
	if count > maxRetries {
		p.acknowledge(in.node)
		return
	}
	attrs := receiptAttrs(in)
	attrs["type"] = string(types.ReceiptTypeRetry)
	if in.peer {
		attrs["category"] = "peer"
	}
	children := []waBinary.Node{
		stanza.New("retry", waBinary.Attrs{
			"count": strconv.Itoa(count), "id": in.id, "t": in.node.Attrs["t"], "v": "1",
		}),
		stanza.Blob("registration", binary.BigEndian.AppendUint32(nil, p.signal.RegistrationID())),
		stanza.New("keys", nil,
			stanza.Blob("type", []byte{keyType}), stanza.Blob("identity", p.cfg.Identity.Pub[:]),
			keyNode("key", p.signal.MakePreKeys(1)[0]), keyNode("skey", p.signal.SignedPreKey())),
	}
	p.handOver(stanza.New("receipt", attrs, children...))
}

// sendAgain encrypts a message anew for a device that could not decrypt it.
func (p *Phone) sendAgain(node *waBinary.Node) {
	retry := stanza.Child(node, "retry")
	id := stanza.Attr(&retry, "id")
	count, _ := strconv.Atoi(stanza.Attr(&retry, "count")) // 0 is no repeat of a genuine client
	device := stanza.JID(node, "from")
	if device.Server == types.GroupServer {
		device = stanza.JID(node, "participant")
	}
	device, known := p.cfg.Router.LID(device)
	p.mu.Lock()
	sent, ok := p.sent.messages[id]
	p.mu.Unlock()
	var message waE2E.Message
	if !known || !ok || count > maxRetries || proto.Unmarshal(sent.raw, &message) != nil {
		p.cfg.Log.Info("a phone does not send again", slog.String("id", id), slog.Int("count", count), slog.Bool("kept", ok))
		return
	}
	p.renew(node, device, count)
	repeat := parcel{id: id, chat: sent.chat, message: &message, only: device, count: count, time: sent.time}
	switch {
	case sent.peer:
		repeat.peer, repeat.count = true, 0
	case sent.chat.Server == types.GroupServer:
		if key, err := p.signal.GroupKey(sent.chat, p.lid); err == nil {
			message.SenderKeyDistributionMessage = &waE2E.SenderKeyDistributionMessage{
				GroupID: proto.String(sent.chat.String()), AxolotlSenderKeyDistributionMessage: key,
			}
		}
	case device.User == p.lid.User:
		repeat.message = &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
			DestinationJID: proto.String(sent.chat.String()), Message: &message,
		}}
	}
	p.cfg.Go(func() { p.repeat(repeat) })
}

// renew makes a new session with a device that sent its keys along or asks repeatedly.
func (p *Phone) renew(node *waBinary.Node, device types.JID, count int) {
	if !stanza.Has(node, "keys") {
		if count > 1 {
			p.signal.Forget(device)
		}
		return
	}
	bundle, err := readBundle(node)
	if err == nil {
		err = p.signal.Begin(device, bundle)
	}
	if err != nil {
		p.cfg.Log.Warn("keys of a retry receipt", slog.String("device", stanza.MaskJID(device)), slog.Any("err", err))
	}
}

func (p *Phone) repeat(out parcel) {
	raw, err := proto.Marshal(out.message)
	if err == nil {
		_, err = p.encryptAndHandOver(out, raw)
	}
	if err != nil {
		p.cfg.Log.Warn("a phone could not send again", slog.String("id", out.id), slog.Any("err", err))
	}
}

// markRead makes the ticks of a chat's unread messages blue.
func (p *Phone) markRead(where string) {
	groups := make(map[string][]string) // ids by who is told, and who wrote
	var order []string
	for _, m := range p.book.MarkSeen(where) {
		if m.Kind == chat.Waiting || m.Kind == chat.Call {
			continue
		}
		if _, known := groups[m.Sender]; !known {
			order = append(order, m.Sender)
		}
		groups[m.Sender] = append(groups[m.Sender], m.ID)
	}
	for _, sender := range order {
		p.sendRead(where, sender, groups[sender], types.ReceiptTypeRead)
	}
}

func (p *Phone) sendRead(where, sender string, ids []string, kind types.ReceiptType) {
	to, err := types.ParseJID(where)
	author, authorErr := types.ParseJID(sender)
	if err != nil || authorErr != nil {
		return
	}
	attrs := waBinary.Attrs{"id": ids[0], "type": string(kind), "to": to, "t": stanza.Unix(time.Now())}
	if to.Server == types.GroupServer {
		attrs["participant"] = author
	}
	var items []waBinary.Node
	for _, id := range ids[1:] {
		items = append(items, stanza.New("item", waBinary.Attrs{"id": id}))
	}
	node := stanza.New("receipt", attrs)
	if len(items) > 0 {
		node.Content = []waBinary.Node{stanza.New("list", nil, items...)}
	}
	p.handOver(node)
}
