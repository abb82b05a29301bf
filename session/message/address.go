package message

import "strings"

// Servers are the ends of WhatsApp's addresses ("user@server").
const (
	serverLID        = "lid"
	serverNumber     = "s.whatsapp.net"
	serverGroup      = "g.us"
	serverBroadcast  = "broadcast"
	serverNewsletter = "newsletter"
)

// StatusChat is the address of the chat in which people's stories arrive.
const StatusChat = "status@" + serverBroadcast

// Party is one person, by the addresses that are known of them. Both are JIDs without
// a device part. One of them may be empty: WhatsApp hides numbers from strangers, and a
// number that was never written to has no known LID.
type Party struct {
	LID string `json:"lid,omitempty"` // "123456789012345@lid"
	PN  string `json:"pn,omitempty"`  // "6281234567890@s.whatsapp.net"
}

// PartyOf sorts addresses of one person by their kind. What is no address of a person
// is left out.
func PartyOf(jids ...string) Party {
	var p Party
	for _, jid := range jids {
		user, server, _ := strings.Cut(jid, "@")
		user, _, _ = strings.Cut(user, ":") // the device
		if user == "" {
			continue
		}
		switch server {
		case serverLID:
			p.LID = user + "@" + serverLID
		case serverNumber:
			p.PN = user + "@" + serverNumber
		}
	}
	return p
}

// Key is the address a person is stored under: the LID where it is known, because
// people keep it when they change their number.
func (p Party) Key() string {
	if p.LID != "" {
		return p.LID
	}
	return p.PN
}

// Number is the phone number in international digits, or "" when it is hidden.
func (p Party) Number() string {
	number, _, _ := strings.Cut(p.PN, "@")
	return number
}

// Known reports whether there is any address at all.
func (p Party) Known() bool { return p.LID != "" || p.PN != "" }

// ChatKind says what a chat is.
type ChatKind string

// The kinds of chats.
const (
	ChatPerson     ChatKind = "private"
	ChatGroup      ChatKind = "group"
	ChatStatus     ChatKind = "status"     // everybody's stories
	ChatBroadcast  ChatKind = "broadcast"  // a broadcast list
	ChatNewsletter ChatKind = "newsletter" // a channel
)

// Chat is a person or a group that a device writes with.
type Chat struct {
	Kind   ChatKind
	Person Party  // of ChatPerson
	JID    string // of the others, "120363041234567890@g.us"
}

// ChatWith is the chat with one person.
func ChatWith(p Party) Chat { return Chat{Kind: ChatPerson, Person: p} }

// ChatAt is the chat with that address, whose other address, if it is a person's, may
// be given too.
func ChatAt(jid string, also ...string) Chat {
	_, server, _ := strings.Cut(jid, "@")
	switch {
	case server == serverGroup:
		return Chat{Kind: ChatGroup, JID: jid}
	case jid == StatusChat:
		return Chat{Kind: ChatStatus, JID: jid}
	case server == serverBroadcast:
		return Chat{Kind: ChatBroadcast, JID: jid}
	case server == serverNewsletter:
		return Chat{Kind: ChatNewsletter, JID: jid}
	}
	return ChatWith(PartyOf(append([]string{jid}, also...)...))
}

// Key is the address the chat is stored under.
func (c Chat) Key() string {
	if c.Kind == ChatPerson {
		return c.Person.Key()
	}
	return c.JID
}
