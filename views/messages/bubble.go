package messages

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// Bubble is a message as it stands in its conversation.
type Bubble struct {
	ID     string // ours
	Mine   bool   // the account wrote it
	Sender string // who did otherwise
	Named  bool   // the sender stands above it: in groups
	By     Author // who wrote what is the account's own
	At     time.Time
	Day    bool // it is the first of its day

	Kind      string // as session/message names it
	Note      string // what a note of WhatsApp's says, by its name; "" leaves that to Text
	Text      string
	Quote     *Quote
	File      *File
	Place     *Place
	Cards     []Card
	Poll      *Poll
	Choices   []string // buttons of a company's message
	Reactions []Reaction
	Forwarded bool
	ViewOnce  bool

	Edited  bool
	Revoked bool
	Lacking bool // what it says could not be read yet
	Gone    bool // what it said is not kept any more

	Status string // of the account's own
	Error  string // why it failed, a name of session/message's
	Code   int    // WhatsApp's number for it; 0 for none
	// Delivered and Seen are how many members of a group have it, of the account's own.
	Delivered, Seen int64

	// CanAct says whether the reader may answer it and react to it, CanRepeat whether it
	// failed and may be sent again.
	CanAct, CanRepeat bool
	CanRevoke         bool // it may be taken back
	Base, ChatID      string
}

// Author is who wrote what is the account's own.
type Author struct {
	Kind string // "phone", "panel", "api"; see session/message
	Name string // of the person or the key; "" when it is not known any more
}

// Quote is the message that is answered, as the one who answers saw it.
type Quote struct {
	Sender string
	Kind   string
	Text   string
}

// File is a picture or another file: what is known of it.
type File struct {
	Name, MIME    string
	Size          int64
	Seconds       int
	Width, Height int
	Pages         int
	Picture       string // address of what it shows; "" when that is not kept here
}

// Place is a place on the map.
type Place struct {
	Name, Address       string
	Latitude, Longitude float64
}

// Card is a visiting card.
type Card struct {
	Name    string
	Numbers []string
}

// Poll is a question with what was answered.
type Poll struct {
	Question string
	Options  []PollOption
	Voters   int
	CanVote  bool
}

// PollOption is one answer to choose.
type PollOption struct {
	Text  string
	Votes int
	Mine  bool // the account chose it
}

// Reaction is an emoji that people put below a message.
type Reaction struct {
	Emoji string
	Count int
	Mine  bool
	Who   string // their names
}

func (b Bubble) id() string { return "m-" + b.ID }

func (b Bubble) path(action string) string { return chatPath(b.Base, b.ChatID, action) }

// byline says who wrote what is the account's own, where it was not the phone.
func (b Bubble) byline(l views.Lang) string {
	switch {
	case b.By.Kind == "phone":
		return l.T("messages.by.phone")
	case b.By.Name != "":
		return b.By.Name
	case b.By.Kind == "api":
		return l.T("messages.by.program")
	case b.By.Kind == "panel":
		return l.T("messages.by.panel")
	}
	return ""
}

// note reports whether it is no message of anybody's but a note in the conversation.
func (b Bubble) note() bool { return b.Kind == "system" }

// noteWords is what a note of WhatsApp's says.
func (b Bubble) noteWords(l views.Lang) string {
	switch b.Note {
	case "":
		if b.Text != "" {
			return b.Text
		}
	case "timer":
		return l.T("messages.note.timer")
	case "album":
		return l.T("messages.note.album")
	case "masked":
		return l.T("messages.note.masked")
	case "number_shown":
		return l.T("messages.note.number_shown")
	case "number_asked":
		return l.T("messages.note.number_asked")
	case "limit_sharing":
		return l.T("messages.note.limit_sharing")
	case "member_label":
		return l.T("messages.note.member_label")
	case "mentioned":
		return l.T("messages.note.mentioned")
	}
	if strings.HasPrefix(b.Note, "call_") || strings.HasPrefix(b.Note, "video_call_") {
		return l.T("messages.note.call")
	}
	return l.T("messages.kind.system")
}

// kindWord is what a message is.
func kindWord(l views.Lang, kind string) string {
	switch kind {
	case "text":
		return l.T("messages.kind.text")
	case "image":
		return l.T("messages.kind.image")
	case "video":
		return l.T("messages.kind.video")
	case "audio":
		return l.T("messages.kind.audio")
	case "voice":
		return l.T("messages.kind.voice")
	case "document":
		return l.T("messages.kind.document")
	case "sticker":
		return l.T("messages.kind.sticker")
	case "location":
		return l.T("messages.kind.location")
	case "live_location":
		return l.T("messages.kind.live_location")
	case "contact":
		return l.T("messages.kind.contact")
	case "poll":
		return l.T("messages.kind.poll")
	case "button":
		return l.T("messages.kind.button")
	case "system":
		return l.T("messages.kind.system")
	}
	return l.T("messages.kind.unknown")
}

// statusWord is how far a message of the account's own has come.
func statusWord(l views.Lang, status string) string {
	switch status {
	case "queued":
		return l.T("messages.status.queued")
	case "sent":
		return l.T("messages.status.sent")
	case "delivered":
		return l.T("messages.status.delivered")
	case "read":
		return l.T("messages.status.read")
	case "played":
		return l.T("messages.status.played")
	}
	return l.T("messages.status.failed")
}

// failure says why a message was not sent.
func (b Bubble) failure(l views.Lang) string {
	var text string
	switch b.Error {
	case "number_not_on_whatsapp":
		text = l.T("messages.failed.not_on_whatsapp")
	case "reachout_locked":
		text = l.T("messages.failed.reachout")
	case "rate_limited":
		text = l.T("messages.failed.rate")
	case "not_in_group":
		text = l.T("messages.failed.not_in_group")
	case "not_admin":
		text = l.T("messages.failed.not_admin")
	case "expired":
		text = l.T("messages.failed.expired")
	case "unlinked":
		text = l.T("messages.failed.unlinked")
	case "not_connected":
		text = l.T("messages.failed.offline")
	case "restored":
		text = l.T("messages.failed.restored")
	case "unfit":
		text = l.T("messages.failed.unfit")
	default:
		text = l.T("messages.failed.refused")
	}
	if b.Code != 0 {
		text += " (" + strconv.Itoa(b.Code) + ")"
	}
	return text
}

// summary is a message in one line, for the list of conversations and for quotes.
func (b Bubble) summary(l views.Lang) string {
	switch {
	case b.ID == "":
		return ""
	case b.Revoked:
		return l.T("messages.revoked")
	case b.Lacking:
		return l.T("messages.lacking")
	case b.note():
		return b.noteWords(l)
	case b.Kind == "poll" && b.Poll != nil:
		return kindWord(l, b.Kind) + ": " + b.Poll.Question
	case b.Kind == "text" && b.Text != "":
		return oneLine(b.Text)
	case b.Text != "":
		return kindWord(l, b.Kind) + ": " + oneLine(b.Text)
	}
	return kindWord(l, b.Kind)
}

// oneLine is the beginning of a text without its line breaks.
func oneLine(text string) string {
	const most = 160
	text = strings.Join(strings.Fields(text), " ")
	for i := range text {
		if i >= most {
			return text[:i] + "…"
		}
	}
	return text
}

// words is what a quote shows.
func (q Quote) words(l views.Lang) string {
	if q.Text == "" {
		return kindWord(l, q.Kind)
	}
	return oneLine(q.Text)
}

// facts are what is known of a file.
func (f File) facts(l views.Lang) string {
	var facts []string
	if f.Seconds > 0 {
		facts = append(facts, fmt.Sprintf("%d:%02d", f.Seconds/60, f.Seconds%60))
	}
	if f.Width > 0 && f.Height > 0 {
		facts = append(facts, fmt.Sprintf("%d × %d", f.Width, f.Height))
	}
	if f.Pages > 0 {
		facts = append(facts, l.T("messages.pages", "Count", f.Pages))
	}
	if f.Size > 0 {
		facts = append(facts, size(l, f.Size))
	}
	if f.MIME != "" {
		facts = append(facts, f.MIME)
	}
	return strings.Join(facts, " · ")
}

// size is a length in bytes as people say it.
func size(l views.Lang, n int64) string {
	units := []string{"B", "kB", "MB", "GB"}
	value, unit := float64(n), 0
	for value >= 1000 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if unit == 0 || value >= 100 {
		return strconv.FormatInt(int64(value+0.5), 10) + " " + units[unit]
	}
	return l.Decimal(strconv.FormatFloat(value, 'f', 1, 64)) + " " + units[unit]
}

// symbol is the icon of a kind.
func symbol(kind string) string {
	switch kind {
	case "voice", "audio":
		return "play"
	case "location", "live_location":
		return "globe"
	case "contact":
		return "user"
	case "poll":
		return "audit"
	}
	return "download"
}

// share is the part of a poll's voters that chose an option, in percent.
func (p Poll) share(o PollOption) int {
	if p.Voters == 0 {
		return 0
	}
	return 100 * o.Votes / p.Voters
}

// coordinates is where a place is.
func (p Place) coordinates() string { return fmt.Sprintf("%.5f, %.5f", p.Latitude, p.Longitude) }

// Emojis are the reactions that one click gives.
func Emojis() []string { return []string{"👍", "❤️", "😂", "😮", "😢", "🙏"} }

// ticks is how far a message has come: how many ticks, or another sign.
func ticks(status string) string {
	switch status {
	case "queued":
		return "clock"
	case "sent":
		return "tick"
	case "delivered", "read", "played":
		return "ticks"
	}
	return "alert"
}

// said tells a screen reader who wrote it and when.
func (b Bubble) said(l views.Lang) string {
	who := b.Sender
	if b.Mine {
		who = l.T("messages.we")
	}
	return who + ", " + l.Clock(b.At)
}

// mineIs reports whether the account's own reaction is that.
func (b Bubble) mineIs(emoji string) bool {
	for _, r := range b.Reactions {
		if r.Mine && r.Emoji == emoji {
			return true
		}
	}
	return false
}

// toggled is the reaction that a click on an emoji sets: none, where it is set already.
func (b Bubble) toggled(emoji string) string {
	if b.mineIs(emoji) {
		return ""
	}
	return emoji
}
