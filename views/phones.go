package views

import (
	"net/url"
	"strings"
	"time"
)

// PhonesPage shows the virtual phones of the simulated WhatsApp.
type PhonesPage struct {
	Page
	Phones  []Phone
	Targets []ScanTarget // devices that show a QR or code now
	Outage  string       // mode in force; "" or "none" when all works
	// CanBreak says whether the viewer of the page may take the whole service out of reach.
	CanBreak bool
	Events   string // URL of this page's event stream; "" for none

	// AddNumber, AddName and AddProblem are what was typed into the form that adds a
	// phone and what is wrong with it, after a failed attempt.
	AddNumber  string
	AddName    string
	AddProblem string
}

// Phone is one virtual phone.
type Phone struct {
	Number     string // digits; also its address in URLs
	Name       string
	Online     bool
	Companions []Companion
}

// Companion is a device linked to a virtual phone.
type Companion struct {
	JID       string
	Device    string // name of the device of this installation; "" for a stranger's
	DeviceID  string // "" for a stranger's
	State     string // the device's state; "" for a stranger's
	Reason    string
	Platform  string
	LinkedAt  time.Time
	Connected bool
}

// ScanTarget is a device of this installation that can be linked now.
type ScanTarget struct {
	DeviceID string
	Name     string
	Code     string // the phone code it shows; "" when it shows a QR
}

// Fault is something that can be made to go wrong for a phone.
type Fault struct {
	// Kind is the simulated service's name; a refused login has its number behind it:
	// "connect_failure_401" is the kind connect_failure with reason 401.
	Kind   string
	Danger bool // ends the link
}

// faults are the buttons of every phone, in this order. Texts: fault.KIND.
var faults = []Fault{
	{"drop", false},
	{"silence", false},
	{"stream_error_503", false},
	{"replaced", false},
	{"device_removed", true},
	{"connect_failure_401", true},
	{"connect_failure_402", false},
	{"connect_failure_403", true},
	{"connect_failure_405", false},
	{"connect_failure_500", false},
	{"connect_failure_503", false},
}

// FaultKinds lists the kinds of fault the page offers.
func FaultKinds() []string {
	kinds := make([]string, len(faults))
	for i, f := range faults {
		kinds[i] = f.Kind
	}
	return kinds
}

// outages are the ways the simulated service can be out of reach, in the order of
// the page. Texts: outage.MODE.
var outages = []string{"none", "refuse", "silent", "http503", "handshake"}

// OutageModes lists the modes the page offers.
func OutageModes() []string { return append([]string(nil), outages...) }

// companionLimit is how many devices WhatsApp lets one phone link.
const companionLimit = 4

func (p Phone) full() bool { return len(p.Companions) >= companionLimit }

func (p Phone) path(action string) string {
	return "/phones/" + url.PathEscape(p.Number) + "/" + action
}

// id is the id of something on the card of the phone.
func (p Phone) id(part string) string { return "phone-" + slug(p.Number) + "-" + part }

// slug makes a text fit for an id.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}

// scannable counts the devices that show a QR.
func (p PhonesPage) scannable() int { return len(p.Targets) }

func (p PhonesPage) outage() string {
	if p.Outage == "" {
		return "none"
	}
	return p.Outage
}

func (c Companion) tone() Tone {
	switch {
	case c.State != "":
		return toneOf(c.State, c.Reason)
	case c.Connected:
		return ToneOK
	}
	return ToneOff
}

func (c Companion) title(l Lang) string {
	if c.DeviceID == "" {
		return l.T("phones.stranger")
	}
	return c.Device
}
