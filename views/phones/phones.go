package phones

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"wadah/views"

	"github.com/a-h/templ"
)

// PhonesPage is the virtual phones of the simulated WhatsApp (data-testid in brackets):
// each phone as it looks [phone-card, data-number], and beside it what becomes of its
// devices [phone-device, data-device].
//
// On the phone: online [phone-online], asks for a passkey [phone-passkey], scan what a
// device shows [phone-scan, data-device], type a code [phone-enter-code, data-device;
// phone-code-open, phone-code, phone-code-submit], unlink one [phone-unlink] or all
// [phone-unlink-all, then phone-unlink-all-submit], remove the phone [phone-remove, then
// phone-remove-submit]; a passkey step [phone-linking, data-step] with
// [phone-passkey-answer], [phone-passkey-code], [phone-passkey-confirm] and
// [phone-passkey-refuse]; and what came of the last click [phone-said].
//
// Beside it: the device [phone-device-link], its state, [phone-device-start], and the
// faults [phone-faults]: [fault-KIND], [phone-fault-target], [phone-ban-minutes], and
// [phone-calm] once there is something to end. For all phones: [outage-MODE],
// [fault-hang_handshake], [phones-calm]. A new phone: [phone-add-open], [phone-add-name],
// [phone-add-number], [phone-add-platform], [phone-add-submit]. At the foot
// [components-link].
type PhonesPage struct {
	views.Page
	Phones    []Phone
	Targets   []ScanTarget // devices that show a QR or code now
	NoDevices bool         // there is no device the viewer may see
	Outage    string       // mode in force; "" or "none" when all works
	// CanPlay says whether the viewer of the page may use the phones, CanBreak whether
	// the whole service may be taken out of reach.
	CanPlay, CanBreak bool
	Events            string // URL of this page's event stream; "" for none

	// AddNumber, AddName and AddPlatform are what was typed into the form that adds a
	// phone and AddProblem what is wrong with it, after a failed attempt.
	AddNumber, AddName, AddPlatform string
	AddProblem                      string
}

// Phone is one virtual phone.
type Phone struct {
	Number     string // digits; also its address in URLs
	Name       string
	Platform   string // "android" or "iphone"
	Online     bool
	Passkey    bool // whether it asks for a passkey while linking
	Code       bool // a device waits for its code to be typed into this phone
	Troubled   bool // a fault lasts, or waits for its moment
	Shared     bool // it has links the viewer may not see, so nothing can be done to all of them
	Companions []Companion
	Linking    []PhoneLink
	Devices    []PhoneDevice // of this installation, linked to this phone now or just before
}

// Companion is a device linked to a virtual phone.
type Companion struct {
	JID        string
	Device     string // name of the device of this installation; "" for a stranger's
	DeviceID   string // "" for a stranger's
	State      string // the device's state; "" for a stranger's
	Reason     string
	OS         string // the name it gave itself; may be empty
	Platform   string // its kind, such as "chrome"; may be empty
	LinkedAt   time.Time
	LastActive time.Time // when it came or went; zero when unknown
	Connected  bool
}

// PhoneLink is a device that a phone is linking.
type PhoneLink struct {
	Device   string // name of the device of this installation; "" for a stranger's
	DeviceID string // "" for a stranger's
	OS       string
	Step     string // one of LinkSteps
	Code     string // to be compared with the device's; "" before
}

// The steps of a link, as the simulated service names them. Only a phone that asks for a
// passkey has the first two.
const (
	LinkPasskey = "passkey"
	LinkConfirm = "confirm"
	LinkPairing = "pairing"
)

// LinkSteps lists them.
func LinkSteps() []string { return []string{LinkPasskey, LinkConfirm, LinkPairing} }

// PhoneDevice is what happens to a device, beside its phone.
type PhoneDevice struct {
	views.Device
	Timeline []views.Event // the newest few
}

// ScanTarget is a device that can be linked by one click.
type ScanTarget struct {
	DeviceID string
	Name     string
	Code     string // the phone code it shows; "" when it shows a QR
	From     time.Time
	Expires  time.Time
}

// companionLimit is how many devices WhatsApp allows on one phone.
const companionLimit = 4

func (p Phone) full() bool { return len(p.Companions)+len(p.Linking) >= companionLimit }

func (p Phone) path(action string) string {
	return "/phones/" + url.PathEscape(p.Number) + "/" + action
}

func (p Phone) id(part string) string { return "phone-" + slug(p.Number) + "-" + part }

// posts are the attributes of a form that does something to the phone. The stream may
// have taken the form away when the answer comes, and htmx drops an answer whose target
// is gone: so the target is the place that stays. A second click while the first is
// under way counts for nothing.
func (p Phone) posts(action string) templ.Attributes {
	return templ.Attributes{
		"method": "post", "action": p.path(action),
		"hx-post": p.path(action), "hx-target": "#" + p.id("said"), "hx-swap": "none", "hx-sync": "drop",
	}
}

// slug makes an id of whatever names a thing.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, s)
}

// targetsOf are the devices that this phone can link by one click: a phone code is for
// one phone number alone.
func (p PhonesPage) targetsOf(phone Phone) []ScanTarget {
	var out []ScanTarget
	for _, t := range p.Targets {
		if t.Code == "" || phone.Code {
			out = append(out, t)
		}
	}
	return out
}

func (p PhonesPage) outage() string {
	if p.Outage == "" {
		return "none"
	}
	return p.Outage
}

func (c Companion) tone() views.Tone {
	switch {
	case c.State != "":
		return views.StateTone(c.State, c.Reason)
	case c.Connected:
		return views.ToneOK
	}
	return views.ToneOff
}

// title is what the phone calls the device.
func (c Companion) title(l views.Lang) string {
	if c.DeviceID == "" {
		return l.T("phones.stranger")
	}
	return c.Device
}

// kind is what the device says it is: "Windows · Chrome".
func (c Companion) kind() string {
	parts := make([]string, 0, 2)
	for _, part := range []string{c.OS, c.Platform} {
		if part != "" {
			parts = append(parts, strings.ToUpper(part[:1])+part[1:])
		}
	}
	return strings.Join(parts, " · ")
}

func (l PhoneLink) title(lang views.Lang) string {
	if l.DeviceID == "" {
		return lang.T("phones.stranger")
	}
	return l.Device
}

func (l PhoneLink) words(lang views.Lang) string {
	switch l.Step {
	case LinkPasskey:
		return lang.T("phones.step.passkey", "Name", l.title(lang))
	case LinkConfirm:
		return lang.T("phones.step.confirm", "Name", l.title(lang))
	}
	return lang.T("phones.step.pairing", "Name", l.title(lang))
}

// tone and symbol say whether the person has something to do.
func (l PhoneLink) tone() views.Tone {
	if l.Step == LinkPairing {
		return views.ToneWait
	}
	return views.ToneAct
}

func (l PhoneLink) symbol() string {
	if l.Step == LinkPairing {
		return "wait"
	}
	return "key"
}

// platforms are the kinds of phones to choose from.
func (p PhonesPage) platforms() []views.Option {
	return []views.Option{
		{Value: "android", Label: "Android", Chosen: p.AddPlatform != "iphone"},
		{Value: "iphone", Label: "iPhone", Chosen: p.AddPlatform == "iphone"},
	}
}

// faultGroups are the faults that can be aimed at the phone: not those of linking, when
// the viewer may not aim at the phone as a whole.
func (p Phone) faultGroups() []views.FaultGroup { return views.FaultGroups(!p.Shared) }

// faultTargets are what a fault can be aimed at; nil when that goes without saying.
func (p Phone) faultTargets(l views.Lang) []views.Option {
	var out []views.Option
	if !p.Shared && len(p.Companions) < 2 {
		return nil
	}
	if !p.Shared {
		out = append(out, views.Option{Value: "", Label: l.T("phones.faults.all"), Chosen: true})
	}
	for _, c := range p.Companions {
		out = append(out, views.Option{Value: c.JID, Label: c.title(l), Chosen: len(out) == 0})
	}
	return out
}

// banMinutes are how long a ban can be tried out.
func banMinutes(l views.Lang) []views.Option {
	var out []views.Option
	for _, m := range []int{1, 10, 60, 24 * 60} {
		out = append(out, views.Option{Value: strconv.Itoa(m), Label: l.T("fault.minutes." + strconv.Itoa(m)), Chosen: m == 10})
	}
	return out
}
