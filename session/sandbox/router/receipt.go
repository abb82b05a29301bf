package router

import (
	"slices"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// receipt is a receipt as a client sends it.
type receipt struct {
	node *waBinary.Node
	kind types.ReceiptType
	ids  []string
	to   types.JID // whoever wrote the message, or the group
	own  bool      // it is about a message of the client's own account
}

// handleReceipt takes a receipt: it settles the message that it is for, goes to whom it
// concerns, and is acknowledged.
func (s *Session) handleReceipt(node *waBinary.Node) {
	s.r.stats.Receipts++
	rc := &receipt{node: node, kind: types.ReceiptType(stanza.Attr(node, "type")), to: stanza.JID(node, "to")}
	rc.ids = append(rc.ids, stanza.Attr(node, "id"))
	list := stanza.Child(node, "list")
	for _, item := range list.GetChildren() {
		rc.ids = append(rc.ids, stanza.Attr(&item, "id"))
	}
	if rc.to.IsEmpty() || slices.Contains(rc.ids, "") {
		s.note(violation.Shape, rc.ids[0], "a receipt without recipient or id")
		s.acknowledgeReceipt(node)
		return
	}
	rc.own = s.r.find(rc.to) == s.d.account
	for _, id := range rc.ids {
		s.d.box.settle(letterKey{class: "message", id: id, from: rc.to.User})
	}
	s.r.settled.Broadcast()
	s.passReceipt(rc)
	s.acknowledgeReceipt(node)
}

func (s *Session) acknowledgeReceipt(node *waBinary.Node) {
	attrs := waBinary.Attrs{
		"class": "receipt", "id": stanza.Attr(node, "id"), "from": node.Attrs["to"], "t": stanza.Unix(time.Now()),
	}
	for _, name := range []string{"type", "participant"} {
		if value, ok := node.Attrs[name]; ok {
			attrs[name] = value
		}
	}
	s.send(stanza.New("ack", attrs))
}

// forPhone are the receipts that go to the account's own phone, which wrote the message or
// has what is asked for.
var forPhone = []types.ReceiptType{types.ReceiptTypeHistorySync, types.ReceiptTypePeerMsg, types.ReceiptTypeServerError}

// passReceipt sends a receipt on its way.
func (s *Session) passReceipt(rc *receipt) {
	if slices.Contains(forPhone, rc.kind) {
		if phone := s.d.account.devices[0]; phone != s.d {
			s.passTo(phone, rc, s.d.jid(rc.to.Server), nil)
		}
		return
	}
	author, chat, known := s.authorOf(rc)
	if !known {
		s.note(violation.ReceiptForNothing, rc.ids[0], "a receipt ("+string(rc.kind)+") for what was never sent to it")
		return
	}
	switch rc.kind {
	case types.ReceiptTypeRetry, types.ReceiptTypeSender:
		if author != nil && author != s.d {
			s.passTo(author, rc, s.receiptFrom(rc), s.recipientOf(rc))
		}
	case types.ReceiptTypeReadSelf:
		s.tellOwn(rc, chat)
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		s.tellAuthor(rc)
		s.tellOwn(rc, chat)
	default:
		s.tellAuthor(rc)
	}
}

// authorOf returns the device that wrote the message of a receipt, if it is still
// linked, and the address of the chat; known is false when no such message was sent to
// this account.
func (s *Session) authorOf(rc *receipt) (author *device, chat types.JID, known bool) {
	writer, chatKey := s.r.find(rc.to), s.d.account.lid
	chat = rc.to.ToNonAD()
	switch {
	case rc.to.Server == types.GroupServer:
		writer, chatKey = s.r.find(stanza.JID(rc.node, "participant")), rc.to.User
	case rc.own:
		// About a message of another own device: the chat stands in recipient, and is
		// oneself without.
		if peer := s.r.find(stanza.JID(rc.node, "recipient")); peer != nil {
			chatKey, chat = peer.lid, stanza.JID(rc.node, "recipient")
		} else if recipient := stanza.JID(rc.node, "recipient"); recipient.Server == types.GroupServer {
			chatKey, chat = recipient.User, recipient
		}
	}
	if writer == nil {
		return nil, chat, false
	}
	for _, id := range rc.ids {
		found, sent := s.r.messages.find(writer.lid, id)
		if sent && found.chat != s.r.messages.chat(chatKey) {
			return nil, chat, false
		}
		if !sent && !s.r.messages.forgot {
			return nil, chat, false
		}
		author = writer.devices[found.device]
	}
	return author, chat, true
}

// receiptFrom is the address that a receipt comes from.
func (s *Session) receiptFrom(rc *receipt) types.JID {
	if rc.to.Server == types.GroupServer {
		return rc.to
	}
	return s.d.jid(rc.to.Server)
}

// recipientOf is the chat that a receipt of one's own other device is about.
func (s *Session) recipientOf(rc *receipt) any {
	if recipient, ok := rc.node.Attrs["recipient"]; ok {
		return recipient
	}
	return nil
}

// tellAuthor passes a receipt to every device of the account that wrote the message.
func (s *Session) tellAuthor(rc *receipt) {
	writer := s.r.find(rc.to)
	if rc.to.Server == types.GroupServer {
		writer = s.r.find(stanza.JID(rc.node, "participant"))
	}
	if writer == nil || writer == s.d.account {
		return
	}
	for _, d := range writer.all() {
		s.passTo(d, rc, s.receiptFrom(rc), nil)
	}
}

// tellOwn passes to one's other devices that a chat was read here.
func (s *Session) tellOwn(rc *receipt, chat types.JID) {
	for _, d := range s.d.account.all() {
		if d == s.d {
			continue
		}
		server := chat.Server
		if server == types.GroupServer {
			server = types.HiddenUserServer
		}
		s.passTo(d, rc, s.d.jid(server), chat)
	}
}

// passTo delivers a receipt to one device.
func (s *Session) passTo(d *device, rc *receipt, from types.JID, recipient any) {
	attrs := waBinary.Attrs{"id": rc.ids[0], "from": from, "t": stanza.Unix(time.Now())}
	if rc.kind != types.ReceiptTypeDelivered {
		attrs["type"] = string(rc.kind)
	}
	if rc.to.Server == types.GroupServer && recipient == nil {
		attrs["participant"] = s.d.jid(stanza.JID(rc.node, "participant").Server)
	}
	if recipient != nil {
		attrs["recipient"] = recipient
		if participant, ok := rc.node.Attrs["participant"]; ok {
			attrs["participant"] = participant
		}
	}
	for _, name := range []string{"category", "edit"} {
		if value, ok := rc.node.Attrs[name]; ok {
			attrs[name] = value
		}
	}
	s.r.post(d, waBinary.Node{Tag: "receipt", Attrs: attrs, Content: rc.node.Content})
}
