package device

import "wadah/views"

// DevicePage is a section of the page of one device, with what it shows.
//
// data-testid: to-overview, to-messages, to-webhooks, to-keys, to-settings, to-danger;
// to-api and to-proxy in the overview; device-gone once the device was deleted.
type DevicePage struct {
	views.Page
	Section  views.DeviceSection
	Device   views.Device
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

// API is what a program needs to use the device.
type API struct {
	BaseURL string // address of this installation, no slash at the end
	KeyID   string // which key is meant, for the reveal form; "" when there is none that is valid
	KeyName string // what the key is called; may be empty
	KeyHint string // what may be shown of a hidden key, e.g. its last four characters; may be empty
	Key     string // the key, only after it was revealed
	// CanReveal says whether the viewer of the page may see the key.
	CanReveal bool
}

// ConfirmPage asks before something that cannot be undone. It is the way of
// browsers without JavaScript and the target of the danger zone's links.
type ConfirmPage struct {
	views.Page
	Device views.Device
	Action ConfirmAction
}

// ConfirmAction is what a ConfirmPage asks about.
type ConfirmAction string

// The actions that are confirmed.
const (
	ConfirmLogout ConfirmAction = "logout"
	ConfirmDelete ConfirmAction = "delete"
)

// isLinking says whether the page shows how to link: while a code is on its way or
// there. A passkey step stands in the way of every other way to link.
func isLinking(d views.Device) bool {
	return !d.Linked && d.Passkey == nil && (d.State == views.StateScan || d.State == views.StatePairing)
}

// isJustLinked says whether the page still looks as it did while the device was linked.
func isJustLinked(d views.Device) bool { return d.JustLinked && d.Linked && d.CanOperate }

// leadsToCode says whether a start of the off device brings a code to scan, as far as
// anybody knows.
func leadsToCode(d views.Device) bool {
	return !d.Linked && d.Tone() == views.ToneOff || d.Reason == "logged_out"
}

// passkeySnippet is what the person runs in the console of web.whatsapp.com: it asks for the
// passkey and puts the answer on the clipboard (copy is the console's own). JSON is
// JavaScript, so the request stands in it as it is.
func passkeySnippet(p views.Passkey) string {
	return "copy(JSON.stringify(await navigator.credentials.get({publicKey:\n" +
		"PublicKeyCredential.parseRequestOptionsFromJSON(" + p.Request + ")})))"
}

// TestWords is what a test message of a device says.
func TestWords(l views.Lang, name string) string { return l.T("device.test.words", "Name", name) }

// limitWords says what WhatsApp does not let the account do for now.
func limitWords(l views.Lang, d views.Device) string {
	if d.NoNewChatsUntil.IsZero() {
		return l.T("device.limited")
	}
	return l.T("device.limited.until", "Time", l.DateTime(d.NoNewChatsUntil))
}

// announcement is what screen readers are told of the device's state.
func announcement(l views.Lang, d views.Device) string {
	return l.T("device.announce", "Name", d.Name, "State", l.StateWord(d.State), "Reason", d.Sentence(l))
}

// proxyField is the address of the field that a device's proxy stands in.
func proxyField(d views.Device) string {
	return views.DevicePath(d.ID, views.DeviceSettings) + "#setting-proxy"
}
