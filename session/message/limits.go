package message

// What is kept of a message. Everything in it is up to its sender: what is longer is cut
// (Content.Cut says so), what is too much is left out. Sizes are bytes of UTF-8.
const (
	MaxText     = 64 << 10 // a text or a caption
	MaxQuote    = 4 << 10  // the text of the message that is answered
	MaxLabel    = 1 << 10  // a question, an option, a button, an address of a place
	MaxName     = 256      // of a person, a file, a group, a place
	MaxVCard    = 64 << 10 // one visiting card
	MaxVCards   = 256 << 10
	MaxAddress  = 64  // of an address before its server
	MaxServer   = 32  // of an address
	MaxID       = 120 // of a message or call
	MaxURL      = 2 << 10
	MaxEmoji    = 64
	MaxMentions = 1024
	MaxMembers  = 8192 // of one change of a group
	MaxIDs      = 4096 // of one receipt
	MaxOptions  = 64   // of a poll, of a list, chosen in a vote
	MaxContacts = 256
	MaxNumbers  = 16        // of one visiting card
	MaxRaw      = 256 << 10 // WhatsApp's protobuf, without previews
)
