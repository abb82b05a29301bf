package webhooks

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"wadah/views"
)

// Place is whose webhooks they are: a device's, or with an empty ID the installation's.
type Place struct{ DeviceID, Device string }

// At is the address of their page, with more behind it.
func (p Place) At(more string) string {
	base := "/webhooks"
	if p.DeviceID != "" {
		base = "/devices/" + p.DeviceID + "/webhooks"
	}
	if more != "" {
		base += "/" + more
	}
	return base
}

// Hook is a webhook as people see it.
type Hook struct {
	ID, URL, Format, State string
	Failures               int
	Waiting, Dead          int64
	Success, Failure       time.Time
	Error                  string
	Until                  time.Time // the secret before counts till then
	Family                 bool      // made through the family's fields
}

// What a webhook can be, as models says it.
const (
	statePaused = "paused"
	stateGone   = "gone"
	manyFailed  = 20
)

// health is how it is, at a glance.
func (h Hook) health(l views.Lang) (tone views.Tone, symbol, word string) {
	switch {
	case h.State == stateGone:
		return views.ToneDanger, "alert", l.T("hooks.gone")
	case h.State == statePaused:
		return views.ToneOff, "off", l.T("hooks.paused")
	case h.Failures >= manyFailed:
		return views.ToneDanger, "alert", l.T("hooks.down")
	case h.Failures > 0:
		return views.ToneAct, "wait", l.T("hooks.failing")
	case h.Success.IsZero():
		return views.ToneOff, "wait", l.T("hooks.new")
	}
	return views.ToneOK, "check", l.T("hooks.well")
}

// host is where it leads, without what may be secret.
func (h Hook) host() string {
	_, rest, _ := strings.Cut(h.URL, "://")
	rest, _, _ = strings.Cut(rest, "?")
	return rest
}

// Form is what is chosen of a webhook.
type Form struct {
	URL, Format, Events, Headers string
	NoFiles, Hub                 bool
	Problem                      string // finished sentence
	Receiver                     string // the built-in one's address, in sandbox mode
}

// ListPage are the webhooks of a place.
type ListPage struct {
	views.Page
	Place
	Hooks   []Hook
	Devices []DeviceHooks // on the installation's page: devices that have some
	Form    Form
}

// DeviceHooks are the webhooks of one device.
type DeviceHooks struct {
	Place
	Hooks []Hook
}

// HookPage is one webhook with its deliveries.
type HookPage struct {
	views.Page
	Place
	Hook       Hook
	Secret     string // just made
	Tested     *Try
	Form       Form
	Deliveries []Delivery
	State      string // of the filter
	Older      string
	Live       string // where the page is asked for anew; "" where it stays as it is
}

func (p HookPage) path(more string) string {
	if more != "" {
		more = "/" + more
	}
	return p.At(p.Hook.ID + more)
}

// Delivery is one event on its way.
type Delivery struct {
	ID, Device, Type, State string
	Seq                     int64
	Tries                   int
	Next, Done, At          time.Time
}

func deliveryState(l views.Lang, state string) (tone views.Tone, symbol, word string) {
	switch state {
	case "done":
		return views.ToneOK, "check", l.T("hooks.delivery.done")
	case "dead":
		return views.ToneDanger, "alert", l.T("hooks.delivery.dead")
	case "late":
		return views.ToneAct, "wait", l.T("hooks.delivery.late")
	case "skipped":
		return views.ToneOff, "off", l.T("hooks.delivery.skipped")
	}
	return views.ToneAct, "wait", l.T("hooks.delivery.pending")
}

// states are those that can be filtered by.
var states = []string{"", "pending", "late", "dead", "done", "skipped"}

func stateWord(l views.Lang, state string) string {
	if state == "" {
		return l.T("hooks.delivery.all")
	}
	_, _, word := deliveryState(l, state)
	return word
}

// Try is one attempt.
type Try struct {
	At     time.Time
	Took   time.Duration
	Status int
	Error  string
	Sent   string
	Answer string
	Hidden bool // the reader may not read messages
}

func (t Try) well() bool { return t.Error == "" && t.Status >= 200 && t.Status < 300 }

// DeliveryPage is what became of one delivery.
type DeliveryPage struct {
	views.Page
	Place
	Hook     Hook
	Delivery Delivery
	Tries    []Try
}

// Post is something that the built-in receiver was sent.
type Post struct {
	At   time.Time
	Type string
	ID   string
	Body string
}

// ReceiverPage is the built-in receiver of sandbox mode.
type ReceiverPage struct {
	views.Page
	Address string
	Posts   []Post
	Live    string // as HookPage
}

// refresh has a part of a page asked for anew every two seconds, where there is a script.
func refresh(address, part string) templ.Attributes {
	if address == "" {
		return nil
	}
	return templ.Attributes{"hx-get": address, "hx-trigger": "every 2s", "hx-select": part, "hx-swap": "outerMorph"}
}

// frame is what all these pages have around them.
func frame(title string) views.Frame {
	return views.Frame{Title: title, Menu: views.MenuWebhooks, Styles: []string{"css/settings.css", "css/webhooks.css"}}
}
