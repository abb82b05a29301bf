// Package chat is what a virtual phone shows: its chats with their messages, ticks,
// reactions and votes. Values that leave a [Book] are copies.
package chat

import "time"

// Kind is what a message is.
type Kind string

// The kinds of messages.
const (
	Text     Kind = "text"
	Picture  Kind = "picture"
	Video    Kind = "video"
	Voice    Kind = "voice" // a voice note
	Audio    Kind = "audio"
	Document Kind = "document"
	Sticker  Kind = "sticker"
	Location Kind = "location"
	Contact  Kind = "contact"
	Poll     Kind = "poll"
	Notice   Kind = "notice" // what WhatsApp says about a chat, such as who was added
	Call     Kind = "call"
	Waiting  Kind = "waiting" // it could not be decrypted yet
	Unknown  Kind = "unknown"
)

// Status is how far a message of the phone's own account has come. It only goes forward.
type Status string

// The states of an own message, in their order.
const (
	Pending   Status = "pending" // WhatsApp has not acknowledged it
	Failed    Status = "failed"  // WhatsApp has refused it
	Sent      Status = "sent"
	Delivered Status = "delivered"
	Read      Status = "read"
	Played    Status = "played"
)

var ranks = map[Status]int{Pending: 1, Failed: 2, Sent: 3, Delivered: 4, Read: 5, Played: 6}

// Message is one message as the phone shows it.
type Message struct {
	// Change grows with every change of any message of the phone: who has seen a number
	// asks for what is newer.
	Change int64     `json:"change"`
	ID     string    `json:"id"`
	Chat   string    `json:"chat"`   // address of the person (LID) or group
	Sender string    `json:"sender"` // LID
	Number string    `json:"number"` // the sender's phone number, if the phone knows it
	Name   string    `json:"name"`   // what the sender calls itself
	FromMe bool      `json:"fromMe"`
	Time   time.Time `json:"time"`
	Kind   Kind      `json:"kind"`
	Text   string    `json:"text"` // the text, or what is written under a picture

	Quote    *Quote    `json:"quote,omitempty"`
	Mentions []string  `json:"mentions,omitempty"`
	ViewOnce bool      `json:"viewOnce,omitempty"`
	Media    *Media    `json:"media,omitempty"`
	Place    *Place    `json:"place,omitempty"`
	Card     *Card     `json:"card,omitempty"`
	Question *Question `json:"question,omitempty"`

	Reactions []Reaction `json:"reactions,omitempty"`
	Edited    bool       `json:"edited,omitempty"`
	Revoked   bool       `json:"revoked,omitempty"`
	Repeats   int        `json:"repeats,omitempty"` // how often it came again

	Status Status `json:"status,omitempty"` // of own messages
	Error  int    `json:"error,omitempty"`  // WhatsApp's, of a failed one
	Seen   bool   `json:"seen,omitempty"`   // of others' messages: the person has read it

	// Raw is the marshalled waE2E.Message; only the phone uses it.
	Raw []byte `json:"-"`
}

// Quote is the message that another one answers.
type Quote struct {
	ID     string `json:"id"`
	Sender string `json:"sender"`
	Text   string `json:"text"`
}

// Media is an attachment. Its bytes are fetched by the message's chat and id.
type Media struct {
	Type    string `json:"type"` // MIME type
	Size    int64  `json:"size"` // bytes
	Name    string `json:"name,omitempty"`
	Seconds int    `json:"seconds,omitempty"`
	Width   int    `json:"width,omitempty"`
	Height  int    `json:"height,omitempty"`
	Preview []byte `json:"preview,omitempty"` // a small JPEG
	// Ref is where the attachment is and how it is opened; only the phone uses it.
	Ref Ref `json:"-"`
}

// Ref is where an encrypted attachment is.
type Ref struct {
	Path          string
	Key           []byte
	Hash, EncHash []byte // SHA-256 of the plain and of the encrypted file
	Use           string // what its keys are derived for
}

// Place is a location.
type Place struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	Live      bool    `json:"live,omitempty"`
}

// Card is a contact.
type Card struct {
	Name  string `json:"name"`
	Vcard string `json:"vcard"`
}

// Question is a poll.
type Question struct {
	Options []string `json:"options"`
	Most    int      `json:"most"` // how many options one may choose; 0 is any number
	Votes   []Vote   `json:"votes,omitempty"`
}

// Vote is what somebody has chosen last.
type Vote struct {
	Sender  string   `json:"sender"`
	Options []string `json:"options"`
}

// Reaction is what somebody has put under a message last.
type Reaction struct {
	Sender string `json:"sender"`
	Emoji  string `json:"emoji"`
}

// Chat is a person or group that the phone writes with.
type Chat struct {
	ID     string  `json:"id"` // LID or group address
	Number string  `json:"number,omitempty"`
	Name   string  `json:"name"`
	Group  bool    `json:"group"`
	Unread int     `json:"unread"`
	Typing string  `json:"typing,omitempty"` // who is typing, or recording
	Online bool    `json:"online,omitempty"`
	Last   Message `json:"last"`
}
