package message

import "strings"

// Servers are the ends of WhatsApp's addresses ("user@server").
const (
	serverLID        = "lid"
	serverNumber     = "s.whatsapp.net"
	serverOldNumber  = "c.us" // as old clients and programs write numbers
	serverGroup      = "g.us"
	serverBroadcast  = "broadcast"
	serverNewsletter = "newsletter"
	// Companies whose devices Meta hosts write from servers of their own.
	serverHosted    = "hosted"
	serverHostedLID = "hosted.lid"
)

// StatusChat is the address of the chat in which people's stories arrive.
const StatusChat = "status@" + serverBroadcast

// Party is one person, by the addresses that are known of them. They are JIDs without
// a device part. One of the first two may be empty: WhatsApp hides numbers from
// strangers, and a number that was never written to has no known LID.
type Party struct {
	LID string `json:"lid,omitempty"` // "123456789012345@lid"
	PN  string `json:"pn,omitempty"`  // "6281234567890@s.whatsapp.net"
	// Other is the address of what is no person but writes like one: a bot ("…@bot"), a
	// channel, or something on a server we do not know.
	Other string `json:"other,omitempty"`
}

// PartyOf sorts addresses of one person by their kind. What is no address is left out.
func PartyOf(jids ...string) Party {
	var p Party
	for _, jid := range jids {
		user, server := splitJID(jid)
		switch {
		case user == "" || server == serverGroup || server == serverBroadcast:
		case isPersonal(server) && !isDigits(user):
		case server == serverLID || server == serverHostedLID:
			p.LID = user + "@" + serverLID
		case server == serverNumber || server == serverOldNumber || server == serverHosted:
			p.PN = user + "@" + serverNumber
		default:
			p.Other = user + "@" + server
		}
	}
	return p
}

// splitJID gives user and server of an address, without agent and device
// ("6281234567890.0:12@s.whatsapp.net"). Both are "" when it is none.
func splitJID(jid string) (user, server string) {
	user, server, _ = strings.Cut(jid, "@")
	user, _, _ = strings.Cut(user, ":")
	if isPersonal(server) {
		user, _, _ = strings.Cut(user, ".")
	}
	if !isAddress(user, MaxAddress) || !isAddress(server, MaxServer) {
		return "", ""
	}
	return user, server
}

func isPersonal(server string) bool {
	switch server {
	case serverLID, serverNumber, serverOldNumber, serverHosted, serverHostedLID:
		return true
	}
	return false
}

// isDigits reports whether s can be a number or a LID: both have at most 20 digits.
func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 20
}

// isAddress reports whether s can be one half of an address: strangers write them too.
func isAddress(s string, limit int) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '@' {
			return false
		}
	}
	return s != "" && len(s) <= limit
}

// Key is the address a person is stored under: the LID where it is known, because
// people keep it when they change their number. It is "" for Party{} alone.
func (p Party) Key() string { return p.In(AddressingLID) }

// In is the address that is used where people are addressed in that way, or the other
// one if that is not known.
func (p Party) In(a Addressing) string {
	first, second := p.LID, p.PN
	if a == AddressingPN {
		first, second = second, first
	}
	switch {
	case first != "":
		return first
	case second != "":
		return second
	}
	return p.Other
}

// Number is the phone number in international digits, or "" when it is hidden.
func (p Party) Number() string {
	number, _, _ := strings.Cut(p.PN, "@")
	return number
}

// Known reports whether there is any address at all.
func (p Party) Known() bool { return p != Party{} }

// Is reports whether both are known to be the same person.
func (p Party) Is(q Party) bool {
	return p.LID != "" && p.LID == q.LID || p.PN != "" && p.PN == q.PN || p.Other != "" && p.Other == q.Other
}

// With is p with what q knows more about the same person.
func (p Party) With(q Party) Party {
	if p.LID == "" {
		p.LID = q.LID
	}
	if p.PN == "" {
		p.PN = q.PN
	}
	if p.Other == "" {
		p.Other = q.Other
	}
	return p
}

// Addressing says which of their addresses people are called by in a chat.
type Addressing string

// The ways of addressing, in WhatsApp's words.
const (
	AddressingLID Addressing = "lid"
	AddressingPN  Addressing = "pn" // by phone number
)

// ChatKind says what a chat is.
type ChatKind string

// The kinds of chats.
const (
	ChatPerson     ChatKind = "private" // also with a bot
	ChatGroup      ChatKind = "group"
	ChatStatus     ChatKind = "status"     // everybody's stories
	ChatBroadcast  ChatKind = "broadcast"  // a broadcast list
	ChatNewsletter ChatKind = "newsletter" // a channel
)

// Chat is a person or a group that a device writes with.
type Chat struct {
	Kind   ChatKind `json:"kind"`
	Person Party    `json:"person,omitzero"` // of ChatPerson
	JID    string   `json:"jid,omitempty"`   // of the others, "120363041234567890@g.us"
}

// ChatWith is the chat with one person.
func ChatWith(p Party) Chat { return Chat{Kind: ChatPerson, Person: p} }

// ChatAt is the chat with that address, whose other address, if it is a person's, may
// be given too.
func ChatAt(jid string, also ...string) Chat {
	user, server := splitJID(jid)
	jid = user + "@" + server
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
