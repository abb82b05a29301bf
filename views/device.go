package views

import (
	"net/url"
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

	Linked   bool   // holds WhatsApp credentials
	Retrying bool   // an off device that still tries by itself
	Desired  bool   // the owner wants it on
	Unsaved  bool   // the database does not know all of this yet
	Number   string // digits of the linked account; "" when not linked
	Account  string // the account's name; may be empty
	Platform string // "android", "iphone", …; may be empty

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

// snippet is what the person runs in the console of web.whatsapp.com: it asks for the
// passkey and puts the answer on the clipboard (copy is the console's own). JSON is
// JavaScript, so the request stands in it as it is.
func (p Passkey) snippet() string {
	return "copy(JSON.stringify(await navigator.credentials.get({publicKey:\n" +
		"PublicKeyCredential.parseRequestOptionsFromJSON(" + p.Request + ")})))"
}

// DevicePage is the page of one device.
type DevicePage struct {
	Page
	Device   Device
	Timeline Timeline
	API      API

	// Number and NumberProblem are what was typed into the phone number form and what
	// is wrong with it, after a failed attempt.
	Number        string
	NumberProblem string

	// Keys, ScanLinks and Settings are cards of their own; the zero values show nothing.
	Keys      Keys
	ScanLinks ScanLinks
	Settings  DeviceSettings

	// Passkeys says whether the viewer can confirm with one (ProofPage).
	Passkeys bool

	// CanManage says whether the viewer may delete.
	CanManage bool
}

// Event is a row of the timeline: one change of state or reason.
type Event struct {
	At     time.Time
	From   string // state before; may be empty
	To     string // state after
	Reason string
	Detail string
}

// API is what a program needs to use the device.
type API struct {
	BaseURL string // address of this installation, no slash at the end
	KeyID   string // which key is meant, for the reveal form; may be empty
	KeyName string // what the key is called; may be empty
	KeyHint string // what may be shown of a hidden key, e.g. its last four characters; may be empty
	Key     string // the key, only after it was revealed
	// CanReveal says whether the viewer of the page may see the key.
	CanReveal bool
}

// ConfirmPage asks before something that cannot be undone. It is the way of
// browsers without JavaScript and the target of the danger zone's links.
type ConfirmPage struct {
	Page
	Device Device
	Action ConfirmAction
}

// ConfirmAction is what a ConfirmPage asks about.
type ConfirmAction string

// The actions that are confirmed.
const (
	ConfirmLogout ConfirmAction = "logout"
	ConfirmDelete ConfirmAction = "delete"
)

// Path is the URL of the device's page or of an action on it.
func (d Device) Path(action string) string {
	p := "/devices/" + url.PathEscape(d.ID)
	if action != "" {
		p += "/" + action
	}
	return p
}

// linking says whether the page shows how to link: while a code is on its way or
// there. A passkey step stands in the way of every other way to link.
func (d Device) linking() bool {
	return !d.Linked && d.Passkey == nil && (d.State == StateScan || d.State == StatePairing)
}

// justLinked says whether the page still looks as it did while the device was linked.
func (d Device) justLinked() bool { return d.JustLinked && d.Linked && d.CanOperate }

// leadsToCode says whether a start of the off device brings a code to scan, as far as
// anybody knows.
func (d Device) leadsToCode() bool {
	return !d.Linked && d.Tone() == ToneOff || d.Reason == "logged_out"
}
