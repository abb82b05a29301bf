package handset

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/stanza"
)

// The errors of a phone's own deeds.
var (
	ErrOffline   = errors.New("the virtual phone is offline")
	ErrRecipient = errors.New("nobody has this number or address on the simulated WhatsApp")
	ErrMessage   = errors.New("there is no such message in this chat")
	ErrContent   = errors.New("this cannot be sent")
	ErrRefused   = errors.New("the simulated WhatsApp has refused the message")
)

// ackTimeout is how long a phone waits for WhatsApp's acknowledgement. In this process
// that comes at once, unless a fault delays it or takes it away.
const ackTimeout = 200 * time.Millisecond

// kept is how many sent messages a phone keeps to answer those who cannot decrypt them.
const keptSent = 2000

// outbox is the newest sent messages, by id.
type outbox struct {
	messages map[string]sentMessage
	ids      []string
}

type sentMessage struct {
	chat types.JID
	raw  []byte // marshalled waE2E.Message
	peer bool
	time time.Time
}

func (o *outbox) add(id string, message sentMessage) {
	if o.messages == nil {
		o.messages = make(map[string]sentMessage)
	}
	if _, known := o.messages[id]; !known {
		o.ids = append(o.ids, id)
	}
	o.messages[id] = message
	if len(o.ids) > keptSent {
		delete(o.messages, o.ids[0])
		o.ids = o.ids[1:]
	}
}

// newID makes a message id as phones make them.
func newID() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails, by its documentation
	return strings.ToUpper(hex.EncodeToString(random))
}

// parcel is a message on its way to the router.
type parcel struct {
	id      string
	chat    types.JID // LID or group
	message *waE2E.Message
	edit    types.EditAttribute
	only    types.JID // the one device that gets it; empty for all
	count   int       // of a repeat for that device
	peer    bool      // to a linked device of one's own, about the account
	time    time.Time
}

// send encrypts a message for all devices that it concerns and hands it over. It returns
// WhatsApp's error code, 0 when it was accepted, and Pending when nothing was heard.
func (p *Phone) send(ctx context.Context, out parcel) (chat.Status, int, error) {
	if p.online() == nil {
		return chat.Failed, 0, ErrOffline
	}
	raw, err := proto.Marshal(out.message)
	if err != nil {
		return chat.Failed, 0, fmt.Errorf("marshal message: %w", err)
	}
	acked := p.expect(out, raw)
	defer p.forgetWaiting(out.id)
	switch left, err := p.encryptAndHandOver(out, raw); {
	case err != nil:
		return chat.Failed, 0, err
	case !left:
		return chat.Sent, 0, nil
	}
	ack, heard := await(ctx, acked, ackTimeout)
	if !heard {
		return chat.Pending, 0, nil
	}
	code, _ := strconv.Atoi(stanza.Attr(&ack, "error")) // 0 without one
	if code != 0 {
		return chat.Failed, code, nil
	}
	if !out.peer {
		p.giveToken(out.chat)
	}
	return chat.Sent, 0, nil
}

// expect keeps a message for those who cannot decrypt it, and returns where its
// acknowledgement will be.
func (p *Phone) expect(out parcel, raw []byte) <-chan waBinary.Node {
	acked := make(chan waBinary.Node, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = make(map[string]chan waBinary.Node)
	}
	p.waiting[out.id] = acked
	if out.peer || out.only.IsEmpty() {
		p.sent.add(out.id, sentMessage{chat: out.chat, raw: raw, peer: out.peer, time: out.time})
	}
	return acked
}

// forgetWaiting stops waiting for an acknowledgement. One that comes later still counts.
func (p *Phone) forgetWaiting(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// encryptAndHandOver does both under one lock, so that counters leave in their order. A
// note to oneself that no other device is to get does not leave the phone.
func (p *Phone) encryptAndHandOver(out parcel, raw []byte) (left bool, err error) {
	p.sending.Lock()
	defer p.sending.Unlock()
	node, err := p.stanzaFor(out, raw)
	if err != nil || node.Tag == "" {
		return false, err
	}
	p.handOver(node)
	return true, nil
}

func (p *Phone) stanzaFor(out parcel, raw []byte) (waBinary.Node, error) {
	attrs := waBinary.Attrs{"id": out.id, "to": out.chat, "type": typeOf(out.message)}
	if out.edit != "" {
		attrs["edit"] = string(out.edit)
	}
	switch {
	case !out.only.IsEmpty():
		return p.oneDevice(out, raw, attrs)
	case out.chat.Server == types.GroupServer:
		return p.groupStanza(out, raw, attrs)
	default:
		return p.personStanza(out, raw, attrs)
	}
}

// personStanza encrypts for all devices of a person, and for the own linked devices as
// something that was sent from here.
func (p *Phone) personStanza(out parcel, raw []byte, attrs waBinary.Attrs) (waBinary.Node, error) {
	own, err := proto.Marshal(&waE2E.Message{
		DeviceSentMessage: &waE2E.DeviceSentMessage{
			DestinationJID: proto.String(out.chat.String()), Message: out.message,
		},
		MessageContextInfo: out.message.GetMessageContextInfo(),
	})
	if err != nil {
		return waBinary.Node{}, fmt.Errorf("marshal message for own devices: %w", err)
	}
	people := []types.JID{out.chat}
	if out.chat != p.lid {
		people = append(people, p.lid)
	}
	participants := p.encryptEach(p.recipients(people...), func(device types.JID) []byte {
		if device.User == p.lid.User {
			return own
		}
		return raw
	}, encAttrs(out))
	children := []waBinary.Node{stanza.New("participants", nil, participants...)}
	if out.chat == p.lid && len(participants) == 0 {
		return waBinary.Node{}, nil
	}
	children = append(append(children, metaOf(out.message)...), p.tokenFor(out.chat)...)
	return stanza.New("message", attrs, children...), nil
}

// encryptEach makes the ciphertexts for devices; the phone itself needs none.
func (p *Phone) encryptEach(devices []types.JID, plain func(types.JID) []byte, attrs waBinary.Attrs) (participants []waBinary.Node) {
	others := devices[:0:0]
	for _, device := range devices {
		if device != p.lid {
			others = append(others, device)
		}
	}
	for _, device := range p.begin(others) {
		enc, err := p.seal(device, plain(device), attrs)
		if err != nil {
			p.cfg.Log.Warn("not encrypted for a device", slog.String("device", stanza.MaskJID(device)), slog.Any("err", err))
			continue
		}
		participants = append(participants, stanza.New("to", waBinary.Attrs{"jid": device}, enc))
	}
	return participants
}

// seal makes the ciphertext for one device.
func (p *Phone) seal(device types.JID, plain []byte, more waBinary.Attrs) (waBinary.Node, error) {
	ciphertext, begins, err := p.signal.Encrypt(device, plain)
	if err != nil {
		return waBinary.Node{}, err
	}
	attrs := waBinary.Attrs{"v": "2", "type": "msg"}
	if begins {
		attrs["type"] = "pkmsg"
	}
	for name, value := range more {
		attrs[name] = value
	}
	return waBinary.Node{Tag: "enc", Attrs: attrs, Content: ciphertext}, nil
}

// oneDevice encrypts for a single device: one that asked for a message again, or a
// linked device of one's own.
func (p *Phone) oneDevice(out parcel, raw []byte, attrs waBinary.Attrs) (waBinary.Node, error) {
	if len(p.begin([]types.JID{out.only})) == 0 {
		return waBinary.Node{}, fmt.Errorf("%w: no session with the device", ErrRecipient)
	}
	more := encAttrs(out)
	switch {
	case out.peer:
		attrs["category"], attrs["push_priority"] = "peer", "high"
		attrs["to"] = types.JID{User: p.number.User, Device: out.only.Device, Server: types.DefaultUserServer}
	case out.chat.Server == types.GroupServer:
		attrs["participant"] = out.only
	case out.only.User == p.lid.User:
		attrs["to"], attrs["recipient"], attrs["device_fanout"] = out.only, out.chat, "false"
	default:
		attrs["to"], attrs["device_fanout"] = out.only, "false"
	}
	if out.count > 0 {
		more["count"] = strconv.Itoa(out.count)
		attrs["t"] = stanza.Unix(out.time)
	}
	enc, err := p.seal(out.only, raw, more)
	if err != nil {
		return waBinary.Node{}, err
	}
	return stanza.New("message", attrs, append([]waBinary.Node{enc}, metaOf(out.message)...)...), nil
}

// groupStanza encrypts with the phone's sender key, which goes to everybody along with
// the message.
func (p *Phone) groupStanza(out parcel, raw []byte, attrs waBinary.Attrs) (waBinary.Node, error) {
	info, err := p.groupInfo(out.chat)
	if err != nil {
		return waBinary.Node{}, err
	}
	key, err := p.signal.GroupKey(out.chat, p.lid)
	if err != nil {
		return waBinary.Node{}, err
	}
	distribution, err := proto.Marshal(&waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{
		GroupID: proto.String(out.chat.String()), AxolotlSenderKeyDistributionMessage: key,
	}})
	if err != nil {
		return waBinary.Node{}, fmt.Errorf("marshal sender key: %w", err)
	}
	participants := p.encryptEach(p.recipients(info.members...), func(types.JID) []byte { return distribution }, nil)
	for i, to := range participants {
		participants[i] = stanza.With(to, "jid", info.address(stanza.JID(&to, "jid")))
	}
	ciphertext, err := p.signal.EncryptGroup(out.chat, p.lid, raw)
	if err != nil {
		return waBinary.Node{}, err
	}
	more := encAttrs(out)
	more["v"], more["type"] = "2", "skmsg"
	attrs["addressing_mode"] = string(info.mode)
	var children []waBinary.Node
	if len(participants) > 0 {
		children = append(children, stanza.New("participants", nil, participants...))
	}
	children = append(children, waBinary.Node{Tag: "enc", Attrs: more, Content: ciphertext})
	return stanza.New("message", attrs, append(children, metaOf(out.message)...)...), nil
}
