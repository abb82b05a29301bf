package message

import "time"

// Kind says what a message is.
type Kind string

// The kinds of messages. Programs and pages see these words; they never change.
const (
	KindText         Kind = "text"
	KindImage        Kind = "image"
	KindVideo        Kind = "video"
	KindAudio        Kind = "audio"
	KindVoice        Kind = "voice" // recorded in the chat
	KindDocument     Kind = "document"
	KindSticker      Kind = "sticker"
	KindLocation     Kind = "location"
	KindLiveLocation Kind = "live_location"
	KindContact      Kind = "contact" // one or more
	KindPoll         Kind = "poll"
	KindButton       Kind = "button" // a pressed button or chosen list row; Text is its label
	KindSystem       Kind = "system" // a note of WhatsApp's: the timer of a chat, a new group, …; Note says which
	KindUnknown      Kind = "unknown"

	// These say something about another message, Content.Target.
	KindReaction Kind = "reaction"
	KindEdit     Kind = "edit"
	KindRevoke   Kind = "revoke"
	KindVote     Kind = "poll_vote"
	KindPin      Kind = "pin"
)

// AboutAnother reports whether a message of this kind says something about another one
// and has no place of its own in a chat.
func (k Kind) AboutAnother() bool {
	switch k {
	case KindReaction, KindEdit, KindRevoke, KindVote, KindPin:
		return true
	case KindText, KindImage, KindVideo, KindAudio, KindVoice, KindDocument, KindSticker, KindLocation, KindLiveLocation,
		KindContact, KindPoll, KindButton, KindSystem, KindUnknown:
		return false
	}
	return false
}

// Content is what one message says. Which fields are set follows from Kind; its JSON is
// what is sealed in the database.
type Content struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text,omitempty"` // the words, or the caption of a picture or file

	Target   *Ref      `json:"target,omitempty"` // the message that this one is about
	Quote    *Quote    `json:"quote,omitempty"`  // the message that this one answers
	Mentions []Party   `json:"mentions,omitempty"`
	Media    *Media    `json:"media,omitempty"`
	Location *Location `json:"location,omitempty"` // also of a live location: the first position
	Contacts []Contact `json:"contacts,omitempty"`
	Poll     *Poll     `json:"poll,omitempty"`

	Emoji string   `json:"emoji,omitempty"` // of a reaction; "" takes it back
	Votes []string `json:"votes,omitempty"` // of a vote: the options chosen, by text where it is known, else by hash (64 hex digits)
	// New is the whole content that an edit puts in the place of the old.
	New *Content `json:"new,omitempty"`
	// Note is machine-readable: what a system note says, or the name of an unknown kind.
	Note string `json:"note,omitempty"`

	ViewOnce  bool          `json:"view_once,omitempty"`
	Forwarded bool          `json:"forwarded,omitempty"`
	Timer     time.Duration `json:"timer,omitempty"` // the message disappears after so long; 0: it stays
}

// Ref names a message as WhatsApp does, relative to whoever reads it.
type Ref struct {
	ID     string `json:"id"`
	FromMe bool   `json:"from_me,omitempty"` // written by the account of the device
	Sender Party  `json:"sender,omitzero"`   // who wrote it; may be unknown in a chat with one person
}

// Quote is the message that is answered, as the one who answers saw it.
type Quote struct {
	Ref
	Kind Kind   `json:"kind,omitempty"`
	Text string `json:"text,omitempty"`
}

// Media is a file that lies on WhatsApp's servers: all that is needed to get it later.
type Media struct {
	MIME     string `json:"mime,omitempty"`
	FileName string `json:"file_name,omitempty"`
	Size     int64  `json:"size,omitempty"` // bytes, as the sender says
	Seconds  int    `json:"seconds,omitempty"`
	Width    int    `json:"width,omitempty"` // pixels
	Height   int    `json:"height,omitempty"`
	Pages    int    `json:"pages,omitempty"`
	Animated bool   `json:"animated,omitempty"` // a sticker that moves, a video shown as a GIF

	DirectPath string `json:"direct_path,omitempty"`
	Key        []byte `json:"key,omitempty"`        // 32 bytes: opens the file
	SHA256     []byte `json:"sha256,omitempty"`     // of the file
	EncSHA256  []byte `json:"enc_sha256,omitempty"` // of what lies on the server
	KeyAt      int64  `json:"key_at,omitempty"`     // Unix seconds; WhatsApp wants it again when the file is forwarded
}

// Location is a place on the map.
type Location struct {
	Latitude  float64 `json:"latitude"`  // degrees
	Longitude float64 `json:"longitude"` // degrees
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
	Accuracy  int     `json:"accuracy,omitempty"` // metres; of a live location
}

// Contact is a visiting card.
type Contact struct {
	Name    string   `json:"name,omitempty"`
	Numbers []string `json:"numbers,omitempty"` // international digits where the card says so, else as written
	VCard   string   `json:"vcard,omitempty"`   // as it was sent
}

// Poll is a question with answers to choose from.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	// Most is how many options one may choose; 0 is any number.
	Most int `json:"most,omitempty"`
}
