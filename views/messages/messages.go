package messages

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// MessagesPage is the conversations of a device, and one of them when it is open.
//
//	GET  /devices/ID/messages             the conversations; to htmx, with after, more rows
//	POST /devices/ID/messages             q: those with that name or number, after: as above. A
//	                                      POST, because names and numbers have no place in addresses
//	GET  /devices/ID/messages/CHAT        one conversation; before: older messages (to htmx
//	                                      those alone); reply: the message to answer (to htmx
//	                                      the composer alone)
//	POST /devices/ID/messages/CHAT/send   text, reply
//	POST /devices/ID/messages/CHAT/react  message, emoji
//	POST /devices/ID/messages/CHAT/again  message: one that failed
//	POST /devices/ID/messages/CHAT/seen   tells the senders that what is unread was read
//
// Its stream is /events?page=messages&device=ID&chat=CHAT&after=N, N being the number of the
// device's newest event when the page was made.
//
// data-testid: chat-row (data-chat), chat-search, chat-more; message (data-message,
// data-status), message-older, message-reply, message-react, message-again, composer-text,
// composer-send, composer-cancel, chat-seen, messages-closed.
type MessagesPage struct {
	views.Page
	Device views.Device
	List   List
	Open   *Conversation // nil: none is
	Events string        // of the page's stream; "" for none

	// Closed says that the reader may not read what was said: there are counts instead.
	Closed bool
	Counts []Count
}

// Count is how many messages there were of a status; "" is of those of others.
type Count struct {
	Status string
	N      int64
}

// List is the conversations, the one with the newest message first.
type List struct {
	Base   string // address of the conversations, see ChatsOf
	Rows   []Row
	Search string // what was searched for; the page's stream leaves such rows alone
	OpenID string // of the conversation that is open
	More   string // what the address of the next rows says; "" when there are none
}

// Row is a conversation in the list.
type Row struct {
	ID     string
	Name   string // what is known of whom it is with
	Number string // digits; "" when it is not known, or of a group
	Group  bool
	Self   bool // the account writes to itself there
	Unread int64
	At     time.Time // of the newest message
	Now    time.Time // in the reader's zone
	Last   Bubble    // the newest message; zero when it is not kept any more
}

// Conversation is one chat.
type Conversation struct {
	Row
	Base     string // as in List
	Typing   bool   // the other one is just writing
	Online   bool   // or looks at WhatsApp
	Bubbles  []Bubble
	Older    string // the oldest shown, when there are older ones
	Composer Composer
}

// Composer is where somebody writes.
type Composer struct {
	Base, ChatID string
	Can          bool    // the reader may write, and the device can be written from
	Why          Closed  // why not
	Account      string  // for OtherAccount: the number whose conversation it is
	Offline      bool    // what is written now is sent when the device is back
	Text         string  // what was typed
	Problem      string  // what is wrong with that
	Reply        *Bubble // the message that is answered; nil for none
	Picture      bool    // a sample picture can be sent
	Focus        bool    // it takes the focus: somebody has just sent, or wants to answer
}

// Path is the address of the conversation.
func (c Conversation) Path(action string) string { return chatPath(c.Base, c.ID, action) }

func (c Composer) path(action string) string { return chatPath(c.Base, c.ChatID, action) }

// ChatsOf is the address of a device's conversations.
func ChatsOf(deviceID string) string { return "/devices/" + url.PathEscape(deviceID) + "/messages" }

func chatPath(base, chat, action string) string {
	p := base + "/" + url.PathEscape(chat)
	if action != "" {
		p += "/" + action
	}
	return p
}

// title is the name of the page in the browser's tab: no name of a person, which would
// stay in the browser's history.
func (p MessagesPage) title() string { return p.Lang.T("messages.title") + " · " + p.Device.Name }

func (p MessagesPage) frame() views.Frame {
	return views.Frame{
		Title: p.title(), Menu: views.MenuDevices, Events: p.Events,
		Styles: []string{"css/messages.css"}, Scripts: []string{"js/messages.js"},
	}
}

// name is what a conversation is called.
func (r Row) name(l views.Lang) string {
	switch {
	case r.Self:
		return l.T("phones.chat.self", "Name", r.Name)
	case r.Name != "":
		return r.Name
	case r.Number != "":
		return views.FormatNumber(r.Number)
	case r.Group:
		return l.T("messages.group")
	}
	return l.T("messages.hidden_number")
}

// number is the number beside a name.
func (r Row) number() string {
	if r.Name == "" {
		return ""
	}
	return views.FormatNumber(r.Number)
}

// shortTime is the time of something of today, otherwise the day.
func (r Row) shortTime(l views.Lang) string {
	if r.At.IsZero() {
		return "" // nothing was said yet
	}
	if SameDay(r.At, r.Now) {
		return l.Clock(r.At)
	}
	return l.Day(r.At)
}

// SameDay reports whether two moments are of one day, where they are shown.
func SameDay(a, b time.Time) bool {
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	return ay == by && am == bm && ad == bd
}

// replyTo is whose message is answered.
func (c Composer) replyTo(l views.Lang) string {
	if c.Reply.Mine {
		return l.T("messages.we")
	}
	return c.Reply.Sender
}

// presence is what the other one is just doing.
func (c Conversation) presence(l views.Lang) string {
	switch {
	case c.Typing:
		return l.T("messages.typing")
	case c.Online:
		return l.T("messages.online")
	}
	return ""
}

// unread is a count as a badge shows it.
func unread(n int64) string {
	if n > 999 {
		return "999+"
	}
	return strconv.FormatInt(n, 10)
}

// initial is the first letter of a name, or a sign for a number.
func (r Row) initial() string {
	for _, c := range r.Name {
		if strings.ContainsRune(" \u200e\u200f", c) {
			continue
		}
		return strings.ToUpper(string(c))
	}
	return "#"
}

// word is what is counted.
func (c Count) word(l views.Lang) string {
	if c.Status == "" {
		return l.T("messages.count.received")
	}
	return statusWord(l, c.Status)
}

// What a search has found has ids of its own: the stream must not put rows among it.
func (l List) listID() string {
	if l.Search != "" {
		return "chat-found"
	}
	return "chat-rows"
}

func (l List) rowID(r Row) string {
	if l.Search != "" {
		return "found-" + r.ID
	}
	return "chat-" + r.ID
}

// Closed is why nobody can write in a conversation.
type Closed string

// Why nobody can write.
const (
	LookOnly     Closed = "look_only"     // the visitor may only look
	NotLinked    Closed = "not_linked"    // the device is not linked
	OtherAccount Closed = "other_account" // it is linked to another account
)

// why says why nobody can write here.
func (c Composer) why(lang views.Lang) string {
	switch c.Why {
	case LookOnly:
		return lang.T("messages.look_only")
	case NotLinked:
		return lang.T("messages.not_linked")
	case OtherAccount:
		return lang.T("messages.other_account", "Number", views.FormatNumber(c.Account))
	}
	return ""
}
