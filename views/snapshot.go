package views

import (
	"net/url"
	"strings"
	"time"
)

// Device is a device as pages and fragments show it. Times are shown in their own
// location, so handlers choose the time zone with Time.In; zero times are left out.
type Device struct {
	ID      string
	Name    string
	Note    string // the owner's remark, as typed; may be empty
	Default bool   // answers API requests without a key

	State  string // one of the four names, as the API says it
	Reason string // machine-readable, a key of the table in reasons.go
	Detail string // machine-readable addition to the reason; may be empty

	Since time.Time // when the state began
	Until time.Time // when it is expected to end (the ban's end); zero when unknown
	// NextTry is when the next connection is tried; zero when none is waited for.
	NextTry time.Time

	Linked   bool // holds WhatsApp credentials
	Retrying bool // an off device that still tries by itself
	Desired  bool // the owner wants it on
	Unsaved  bool // the database does not know all of this yet
	// NoNewChats: WhatsApp lets the account write to nobody new, until then (zero: no end is known).
	NoNewChats      bool
	NoNewChatsUntil time.Time
	Number          string // digits of the linked account; "" when not linked
	Account         string // the account's name; may be empty
	Platform        string // "android", "iphone", …; may be empty

	LastAlive time.Time // when WhatsApp last answered
	LinkedAt  time.Time
	CreatedAt time.Time

	// JustLinked says that the device was linked within the last minutes: its page keeps
	// the place of the code, so that nothing moves under the eyes of who scanned it.
	JustLinked bool

	// QR is nil outside SERVICE_SCAN, and for who may not operate the device: it is as
	// good as a key. The same goes for Code and Passkey.
	QR      *QR
	Code    *PhoneCode // nil unless a phone code is shown
	Passkey *Passkey   // nil unless WhatsApp asks for one

	// CanManage says whether the viewer of the device's page may change its settings.
	CanManage bool
	// CanOperate says whether the viewer of the page may start, stop and so on.
	// Streams shared by several people set it as the page does: render the frame
	// once for each value.
	CanOperate bool
}

// QR is the code to scan now.
type QR struct {
	Src     string // "data:image/png;base64,…" or a URL of this server
	From    time.Time
	Expires time.Time
}

// PhoneCode is the code to type into WhatsApp now.
type PhoneCode struct {
	Text    string // ABCD-EFGH
	Number  string // digits of the number it is for, or the last of them for who may not know it
	From    time.Time
	Expires time.Time
}

// Passkey is the step that some accounts must pass while linking.
type Passkey struct {
	Request  string // JSON for navigator.credentials.get; "" once answered
	Code     string // to be compared with the phone's; "" before
	Confirm  bool   // whether a confirmation is awaited
	Deadline time.Time
}

// Event is a row of the timeline: one change of state or reason.
type Event struct {
	At     time.Time
	From   string // state before; may be empty
	To     string // state after
	Reason string
	Detail string
}

// Path is the URL of the device's page or of an action on it.
func (d Device) Path(action string) string {
	p := "/devices/" + url.PathEscape(d.ID)
	if action != "" {
		p += "/" + action
	}
	return p
}

// Tone is the mood of what the event led to.
func (e Event) Tone() Tone { return StateTone(e.To, e.Reason) }

// Sentence says why it happened.
func (e Event) Sentence(l Lang) string {
	text, _, _ := l.Reason(e.Reason, time.Time{})
	return text
}

// DetailWords says what Detail adds to the sentence; "" when nothing. What WhatsApp or the
// network said stays as it was said.
func (e Event) DetailWords(l Lang) string {
	switch e.Detail {
	case "confirmed":
		return l.T("detail.confirmed")
	case "unconfirmed":
		return l.T("detail.unconfirmed")
	case "closed":
		return l.T("detail.closed")
	case "silent":
		return l.T("detail.silent")
	case "asleep":
		return l.T("detail.asleep")
	case "storage":
		return l.T("detail.storage")
	case "credentials_missing":
		return l.T("detail.credentials_missing")
	}
	if e.Detail != "" && strings.Trim(e.Detail, "0123456789") == "" {
		return l.T("detail.code", "Code", e.Detail)
	}
	return e.Detail
}

// DeviceChoice is a device that may be chosen.
type DeviceChoice struct {
	ID     string
	Name   string
	Chosen bool
}
