package handset

import (
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/stanza"
)

// takeNotification does what WhatsApp tells the phone.
func (p *Phone) takeNotification(node *waBinary.Node) {
	switch stanza.Attr(node, "type") {
	case "encrypt":
		if stanza.Has(node, "count") {
			p.publishKeys()
			return
		}
		// Somebody has a new identity: the next message begins a new session.
		if lid, ok := p.cfg.Router.LID(stanza.JID(node, "from")); ok {
			for _, device := range p.devices(lid) {
				p.signal.Forget(device)
			}
		}
	case "w:gp2":
		p.takeGroupNotice(node)
	case "privacy_token":
		p.takeTokens(node)
	case "server_sync":
		p.takeSettings(node)
	}
}

// takePresence shows who is online and who is typing.
func (p *Phone) takePresence(node *waBinary.Node) {
	where, ok := p.chatOf(stanza.JID(node, "from").ToNonAD())
	if !ok {
		return
	}
	if node.Tag == "presence" {
		p.book.SetOnline(where.String(), stanza.Attr(node, "type") != "unavailable")
		return
	}
	who := where
	if participant := stanza.JID(node, "participant"); !participant.IsEmpty() {
		who, _ = p.cfg.Router.LID(participant.ToNonAD())
	}
	typing := ""
	if stanza.Has(node, "composing") {
		typing = who.String()
	}
	p.book.SetTyping(where.String(), typing)
}

// Typing says that the person at the phone is typing or, with recording, speaking; paused
// that it is not any more.
func (p *Phone) Typing(where string, state types.ChatPresence, recording bool) error {
	jid, err := p.Resolve(where)
	if err != nil {
		return err
	}
	child := stanza.New(string(state), nil)
	if recording && state == types.ChatPresenceComposing {
		child.Attrs = waBinary.Attrs{"media": "audio"}
	}
	if p.online() == nil {
		return ErrOffline
	}
	p.handOver(stanza.New("chatstate", waBinary.Attrs{"to": jid}, child))
	return nil
}

// Show makes the person at the phone online or not, for those who want to know.
func (p *Phone) Show(available bool) error {
	kind := types.PresenceAvailable
	if !available {
		kind = types.PresenceUnavailable
	}
	if p.online() == nil {
		return ErrOffline
	}
	p.handOver(stanza.New("presence", waBinary.Attrs{"type": string(kind), "name": p.cfg.Name}))
	return nil
}

// Ring calls somebody and returns the call's id.
func (p *Phone) Ring(to string, video bool) (string, error) {
	jid, err := p.Resolve(to)
	switch {
	case err != nil:
		return "", err
	case p.online() == nil:
		return "", ErrOffline
	}
	call := newID()
	offer := stanza.New("offer", waBinary.Attrs{"call-id": call, "call-creator": p.lid, "caller_pn": p.number},
		stanza.New("audio", waBinary.Attrs{"enc": "opus", "rate": "16000"}))
	if video {
		offer.Content = append(offer.GetChildren(), stanza.New("video", waBinary.Attrs{"enc": "vp8"}))
	}
	p.handOver(stanza.New("call", waBinary.Attrs{"id": newID(), "to": jid}, offer))
	p.book.Add(chat.Message{
		ID: call, Chat: jid.String(), Sender: p.lid.String(), FromMe: true, Time: time.Now().UTC(), Kind: chat.Call, Text: "ringing",
	})
	return call, nil
}

// HangUp ends a call that the phone has begun.
func (p *Phone) HangUp(to, call string) error {
	jid, err := p.Resolve(to)
	switch {
	case err != nil:
		return err
	case p.online() == nil:
		return ErrOffline
	}
	p.handOver(stanza.New("call", waBinary.Attrs{"id": newID(), "to": jid},
		stanza.New("terminate", waBinary.Attrs{"call-id": call, "call-creator": p.lid, "reason": "timeout"})))
	p.book.Change(jid.String(), p.lid.String(), call, func(m *chat.Message) { m.Text = "ended" })
	return nil
}

// takeCall shows a call, and what becomes of one.
func (p *Phone) takeCall(node *waBinary.Node) {
	from, ok := p.cfg.Router.LID(stanza.JID(node, "from"))
	if !ok || len(node.GetChildren()) != 1 {
		return
	}
	child := node.GetChildren()[0]
	call, where := stanza.Attr(&child, "call-id"), from.ToNonAD().String()
	switch child.Tag {
	case "offer":
		p.book.Add(chat.Message{
			ID: call, Chat: where, Sender: where, Time: time.Now().UTC(), Kind: chat.Call, Text: "ringing",
		})
	case "reject":
		p.book.Change(where, "", call, func(m *chat.Message) { m.Text = "rejected" })
	case "terminate":
		p.book.Change(where, "", call, func(m *chat.Message) { m.Text = "ended" })
	}
}
