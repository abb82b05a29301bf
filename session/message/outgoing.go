package message

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// Outgoing is a message that the account shall send. It is whole before it is stored:
// sent once more after a crash it must be the same message.
type Outgoing struct {
	ID string // chosen before the first byte leaves
	To Chat
	// Addressing is how the members of a group are called in it; "" is by LID.
	Addressing Addressing
	At         time.Time // when it was handed over; recipients see it on reactions and edits
	// Content is what it says. Of kinds that cannot be sent Check says so.
	Content Content
	// Forward is the message that is passed on, or nil. Content is then what that says.
	Forward *Ref
	// Original is Message.Raw of the message that is passed on, that Content.Quote names,
	// or whose caption an edit changes. Without it a quote shows Quote.Text alone.
	Original []byte

	Thumbnail []byte // a small JPEG of a picture or film, PNG of a sticker; may be nil
	Waveform  []byte // of a voice note: 64 values from 0 to 100; may be nil
}

// What WhatsApp's clients allow in a message that is sent.
const (
	MaxPollQuestion = 255 // characters
	MaxPollOption   = 100 // characters
	MinPollOptions  = 2
	MaxPollOptions  = 12
)

// Problem says what is wrong with a message that shall be sent.
type Problem string

// The problems.
const (
	ProblemMissing    Problem = "missing"
	ProblemTooLong    Problem = "too_long"
	ProblemTooFew     Problem = "too_few"
	ProblemTooMany    Problem = "too_many"
	ProblemTwice      Problem = "twice" // the same option again
	ProblemRange      Problem = "out_of_range"
	ProblemBadText    Problem = "bad_text"   // not UTF-8, or with a NUL in it
	ProblemUnsendable Problem = "unsendable" // such a message cannot be sent, changed or passed on
)

// Invalid says that a message cannot be sent as it is. Field is the name of the part of
// Content in its JSON, or "to", "original".
type Invalid struct {
	Field   string
	Problem Problem
}

func (e *Invalid) Error() string { return fmt.Sprintf("%s is %s", e.Field, e.Problem) }

func invalid(field string, problem Problem) error { return &Invalid{Field: field, Problem: problem} }

// Check says what is wrong with it: nil or *Invalid.
func (o Outgoing) Check() error {
	switch {
	case o.To.Key() == "":
		return invalid("to", ProblemMissing)
	case o.Forward != nil && len(o.Original) == 0:
		return invalid("original", ProblemMissing)
	case o.Forward != nil:
		return nil
	case o.Content.Kind == KindRevoke && o.Content.Target != nil && !o.Content.Target.FromMe && o.To.Kind != ChatGroup:
		return invalid("target", ProblemUnsendable) // only admins of groups take back what others wrote
	}
	return o.Content.check()
}

func (c Content) check() error {
	for _, each := range []struct {
		field, text string
		most        int
	}{{"text", c.Text, MaxText}, {"emoji", c.Emoji, MaxEmoji}} {
		if err := checkText(each.field, each.text, each.most); err != nil {
			return err
		}
	}
	if len(c.Mentions) > MaxMentions {
		return invalid("mentions", ProblemTooMany)
	}
	if c.Quote != nil && c.Quote.ID == "" {
		return invalid("quote", ProblemMissing)
	}
	switch c.Kind {
	case KindText:
		if c.Text == "" {
			return invalid("text", ProblemMissing)
		}
	case KindImage, KindVideo, KindAudio, KindVoice, KindDocument, KindSticker:
		return c.Media.check()
	case KindLocation:
		return c.Location.check()
	case KindContact:
		return checkContacts(c.Contacts)
	case KindPoll:
		return c.Poll.check()
	case KindReaction, KindRevoke:
		return c.Target.check()
	case KindEdit:
		return c.checkEdit()
	case KindLiveLocation, KindButton, KindSystem, KindUnknown, KindVote, KindPin, KindKeep:
		return invalid("kind", ProblemUnsendable)
	default:
		return invalid("kind", ProblemUnsendable)
	}
	return nil
}

// checkText refuses what WhatsApp would cut or our store would not take.
func checkText(field, text string, most int) error {
	switch {
	case len(text) > most:
		return invalid(field, ProblemTooLong)
	case !utf8.ValidString(text):
		return invalid(field, ProblemBadText)
	}
	for _, c := range []byte(text) {
		if c == 0 {
			return invalid(field, ProblemBadText)
		}
	}
	return nil
}

func (r *Ref) check() error {
	if r == nil || r.ID == "" {
		return invalid("target", ProblemMissing)
	}
	return nil
}

// checkEdit: one may change what one wrote oneself, and only words.
func (c Content) checkEdit() error {
	if err := c.Target.check(); err != nil {
		return err
	}
	switch {
	case !c.Target.FromMe:
		return invalid("target", ProblemUnsendable)
	case c.New == nil || c.New.Text == "":
		return invalid("new", ProblemMissing)
	}
	switch c.New.Kind {
	case KindText:
		return c.New.check()
	case KindImage, KindVideo, KindDocument:
		return checkText("new", c.New.Text, MaxText)
	case KindAudio, KindVoice, KindSticker, KindLocation, KindLiveLocation, KindContact, KindPoll, KindButton, KindSystem,
		KindUnknown, KindReaction, KindEdit, KindRevoke, KindVote, KindPin, KindKeep:
		return invalid("new", ProblemUnsendable)
	}
	return invalid("new", ProblemUnsendable)
}

func (m *Media) check() error {
	if m == nil || m.DirectPath == "" || len(m.Key) == 0 || len(m.SHA256) == 0 || len(m.EncSHA256) == 0 {
		return invalid("media", ProblemMissing)
	}
	return checkText("media", m.FileName, MaxName)
}

func (l *Location) check() error {
	switch {
	case l == nil:
		return invalid("location", ProblemMissing)
	case !l.Valid():
		return invalid("location", ProblemRange)
	}
	if err := checkText("location", l.Name, MaxName); err != nil {
		return err
	}
	return checkText("location", l.Address, MaxLabel)
}

// Valid reports whether the coordinates are a place on earth.
func (l Location) Valid() bool {
	return math.Abs(l.Latitude) <= 90 && math.Abs(l.Longitude) <= 180 // false for NaN
}

func checkContacts(contacts []Contact) error {
	switch {
	case len(contacts) == 0:
		return invalid("contacts", ProblemMissing)
	case len(contacts) > MaxContacts:
		return invalid("contacts", ProblemTooMany)
	}
	for _, c := range contacts {
		if c.VCard == "" && (c.Name == "" || len(c.Numbers) == 0) {
			return invalid("contacts", ProblemMissing)
		}
		if err := checkText("contacts", c.VCard, MaxVCard); err != nil {
			return err
		}
		for _, text := range append([]string{c.Name}, c.Numbers...) {
			if err := checkText("contacts", text, MaxName); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Poll) check() error {
	switch {
	case p == nil || p.Question == "":
		return invalid("poll", ProblemMissing)
	case len(p.Options) < MinPollOptions:
		return invalid("poll", ProblemTooFew)
	case len(p.Options) > MaxPollOptions:
		return invalid("poll", ProblemTooMany)
	case p.Most < 0 || p.Most > len(p.Options):
		return invalid("poll", ProblemRange)
	}
	if err := checkCharacters(p.Question, MaxPollQuestion); err != nil {
		return err
	}
	seen := make(map[string]bool, len(p.Options))
	for _, option := range p.Options {
		switch {
		case option == "":
			return invalid("poll", ProblemMissing)
		case seen[option]:
			return invalid("poll", ProblemTwice)
		}
		seen[option] = true
		if err := checkCharacters(option, MaxPollOption); err != nil {
			return err
		}
	}
	return nil
}

func checkCharacters(text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return invalid("poll", ProblemTooLong)
	}
	return checkText("poll", text, len(text))
}
