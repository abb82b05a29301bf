package convert

import (
	"strings"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/message"
)

// address writes a JID without agent and device.
func address(jid types.JID) string {
	if jid.User == "" {
		return ""
	}
	return jid.User + "@" + jid.Server
}

// party is one person by all addresses that were given. Of the account itself both are
// known.
func (c *Converter) party(jids ...types.JID) message.Party {
	list := make([]string, len(jids))
	for i, jid := range jids {
		list[i] = address(jid)
	}
	return c.whole(message.PartyOf(list...))
}

// named is the person whom a message calls by that address.
func (c *Converter) named(jid string) message.Party {
	return c.whole(message.PartyOf(jid))
}

func (c *Converter) whole(p message.Party) message.Party {
	if p.Is(c.Self) {
		return p.With(c.Self)
	}
	return p
}

// envelope is the outside of a message.
func (c *Converter) envelope(info *types.MessageInfo) message.Envelope {
	e := message.Envelope{
		ID:           id(info.ID),
		Chat:         c.chat(&info.MessageSource),
		Sender:       c.sender(&info.MessageSource),
		FromMe:       info.IsFromMe,
		At:           cleanTime(info.Timestamp),
		PushName:     name(info.PushName),
		BusinessName: businessName(info.VerifiedName),
		Device:       int(info.Sender.Device),
		Addressing:   addressing(&info.MessageSource),
		Broadcast:    !info.IsFromMe && info.IsIncomingBroadcast(),
		ServerID:     int(within(int64(info.ServerID), 1<<31)),
	}
	return e
}

func businessName(v *types.VerifiedName) string {
	if v == nil {
		return ""
	}
	return name(v.Details.GetVerifiedName())
}

// chat is where a message stands. What comes through a broadcast list of somebody's
// stands in the chat with them.
func (c *Converter) chat(s *types.MessageSource) message.Chat {
	var also types.JID
	switch {
	case s.IsIncomingBroadcast() && !s.IsFromMe:
		return message.ChatWith(c.sender(s))
	case s.IsFromMe:
		also = s.RecipientAlt
	case address(s.Chat) == address(s.Sender):
		also = s.SenderAlt
	}
	chat := message.ChatAt(address(s.Chat), address(also))
	chat.Person = c.whole(chat.Person)
	return chat
}

func (c *Converter) sender(s *types.MessageSource) message.Party {
	sender := c.party(s.Sender, s.SenderAlt)
	if s.IsFromMe {
		return sender.With(c.Self)
	}
	return sender
}

func addressing(s *types.MessageSource) message.Addressing {
	switch {
	case s.AddressingMode != "":
		return addressingOf(s.AddressingMode)
	case s.Sender.Server == types.DefaultUserServer || s.Sender.Server == types.HostedServer:
		return message.AddressingPN
	}
	return message.AddressingLID
}

func addressingOf(mode types.AddressingMode) message.Addressing {
	if mode == types.AddressingModeLID {
		return message.AddressingLID
	}
	return message.AddressingPN
}

// Info is the envelope as the library wants it, to ask a phone for a file again or to
// mark the message read.
func Info(e message.Envelope) types.MessageInfo {
	chat := e.Chat.JID
	if e.Chat.Kind == message.ChatPerson {
		chat = e.Chat.Person.In(e.Addressing)
	}
	info := types.MessageInfo{ID: e.ID, Timestamp: e.At}
	info.Chat = jidOf(chat)
	info.Sender = jidOf(e.Sender.In(e.Addressing))
	info.IsFromMe = e.FromMe
	info.IsGroup = info.Chat.Server == types.GroupServer || info.Chat.Server == types.BroadcastServer
	return info
}

func jidOf(address string) types.JID {
	user, server, _ := strings.Cut(address, "@")
	return types.JID{User: user, Server: server}
}

// target is the message that key names. A key is written from its writer's side: "from
// me" means from the one who sent the message that holds the key.
func (c *Converter) target(info *types.MessageInfo, key *waCommon.MessageKey) *message.Ref {
	if key.GetID() == "" {
		return nil
	}
	ref := &message.Ref{ID: id(key.GetID())}
	switch {
	case key.GetFromMe():
		return c.own(info, key)
	case key.GetParticipant() != "":
		ref.Sender = c.named(key.GetParticipant())
	case info.IsGroup || info.Chat.Server == types.NewsletterServer:
		// Nobody is named.
	case info.IsFromMe:
		ref.Sender = c.chat(&info.MessageSource).Person
	default:
		ref.Sender = c.Self
	}
	ref.FromMe = ref.Sender.Is(c.Self)
	return ref
}

// own is the message that key names, as one of the same sender. For edits and the like,
// whatever the key says: nobody may change what others wrote.
func (c *Converter) own(info *types.MessageInfo, key *waCommon.MessageKey) *message.Ref {
	if key.GetID() == "" {
		return nil
	}
	return &message.Ref{ID: id(key.GetID()), FromMe: info.IsFromMe, Sender: c.sender(&info.MessageSource)}
}

// Undecryptable is a message that could not be read.
func (c *Converter) Undecryptable(e *events.UndecryptableMessage) message.Undecryptable {
	why := message.WhyUndecryptable
	switch {
	case e.UnavailableType == events.UnavailableTypeViewOnce:
		why = message.WhyViewOnce
	case e.IsUnavailable:
		why = message.WhyUnavailable
	}
	return message.Undecryptable{
		Envelope: c.envelope(&e.Info),
		Why:      why,
		Hidden:   e.DecryptFailMode == events.DecryptFailHide,
	}
}
