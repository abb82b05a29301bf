package reference

import (
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// Reference is the description of the API as the page shows it, finished in one
// language. Handlers read it from openapi.yaml, so that there is one source.
type Reference struct {
	Text   string // what holds for every call; paragraphs are apart by an empty line
	Groups []RefGroup
	Errors []RefError // all of them, by status
}

// RefGroup is the calls of one kind.
type RefGroup struct {
	Name  string // "device", "installation" or "description"; the title is the text reference.group.NAME
	Text  string
	Calls []RefCall
}

// RefCall is one call; GET and POST are the same call.
type RefCall struct {
	Name    string   // "getQR": its anchor on the page
	Path    string   // "/api/getQR"
	Methods []string // "GET", "POST"
	Summary string
	Text    string
	// System says that the call takes the system secret instead of a device's key.
	System bool
	// OnDevice says that trying it needs the device chosen above.
	OnDevice bool
	// Try says that the page has a form for it; Ask, when set, is what it says first.
	Try bool
	Ask string

	Params  []RefParam
	Answer  RefAnswer
	Errors  []RefError // beside those that every call can answer
	Samples []RefSample
}

// RefParam is one value that a call takes, without the key.
type RefParam struct {
	Name, Type, Text         string
	Bounds, Default, Example string // as they are written; "" when there are none
	Longest                  int    // characters; 0 when there is no limit
	Number, Required         bool
	// Tried says that the form asks for it. The page fills in the device by itself.
	Tried bool
}

// RefAnswer is what a call answers when all is well, with status 200.
type RefAnswer struct {
	Type    string // "application/json"
	Text    string
	Example string
	Fields  []RefField
}

// RefField is one value of an answer. Name leads to it from results or data.
type RefField struct{ Name, Type, Text string }

// RefError is one machine-readable error with its status and what to mend.
type RefError struct {
	Status  int
	Code    string
	Text    string
	Every   bool // every call can answer it
	Example string
}

// RefSample is a piece of program.
type RefSample struct{ Title, Code string }

// ReferencePage is the reference of the API with its forms to try calls.
//
// data-testid: reference-device, reference-device-submit, reference-call (with
// data-call), try-NAME (the form), try-send-NAME, try-open-NAME (of calls that ask
// first), try-NAME-PARAM, try-answer-NAME, try-status, try-request, try-body, try-qr,
// reference-error (with data-error), reference-curl-NAME, nav-reference.
type ReferencePage struct {
	views.Page
	Reference
	BaseURL string // address of this installation, no slash at the end
	Limits  RefLimits

	// CanTry shows the forms of the device's calls, CanTrySystem those of the
	// installation's; SystemOff says that there is no system secret yet.
	CanTry, CanTrySystem, SystemOff bool
	Devices                         []views.DeviceChoice // those the visitor may see; one is chosen
	// Tried is the answer to the form that was sent without htmx, or nil.
	Tried *TryAnswer
}

// RefLimits are the limits in force; 0 means that there is none.
type RefLimits struct {
	KeyRate, KeyBurst, AddressRate, AddressBurst, KeyStreams int
	Body                                                     int64
}

// TryAnswer is what became of a call that was tried.
type TryAnswer struct {
	Call string // RefCall.Name
	// Problem says why nothing was sent; the fields below are empty then.
	Problem TryProblem

	Device  string // name of the device; "" for calls about none
	Request string // as it was sent, the key hidden
	Status  int
	Took    time.Duration
	Headers []RefField // those that matter; Type is empty
	Body    string     // readable, keys hidden
	Cut     bool       // the body is longer than what is shown
	Picture string     // data URI of a QR code; may be empty
}

// TryProblem is why a call was not sent.
type TryProblem string

// The problems.
const (
	TryFine        TryProblem = ""
	TryNoDevice    TryProblem = "no_device"   // none was chosen
	TryUnconfirmed TryProblem = "unconfirmed" // the call asks first
	TryNoKey       TryProblem = "no_key"      // the device has no valid key
	TryNoSecret    TryProblem = "no_secret"   // the system API is off
)

func tryProblem(l views.Lang, p TryProblem) string {
	switch p {
	case TryNoDevice:
		return l.T("reference.problem.no_device")
	case TryUnconfirmed:
		return l.T("reference.problem.unconfirmed")
	case TryNoKey:
		return l.T("reference.problem.no_key")
	case TryNoSecret:
		return l.T("reference.problem.no_secret")
	case TryFine:
	}
	return ""
}

// chosen is the device that is tried; the zero value is none.
func (p ReferencePage) chosen() views.DeviceChoice {
	for _, d := range p.Devices {
		if d.Chosen {
			return d
		}
	}
	return views.DeviceChoice{}
}

// mayTry reports whether the page has a form for the call.
func (p ReferencePage) mayTry(c RefCall) bool {
	if c.System {
		return c.Try && p.CanTrySystem && !p.SystemOff
	}
	return c.Try && p.CanTry
}

// tried is the answer to show below the form of a call.
func (p ReferencePage) tried(c RefCall) *TryAnswer {
	if p.Tried != nil && p.Tried.Call == c.Name {
		return p.Tried
	}
	return nil
}

// general are the errors that every call can answer.
func (p ReferencePage) general() []RefError { return pick(p.Errors, true) }

// special are the errors of some calls.
func (p ReferencePage) special() []RefError { return pick(p.Errors, false) }

func pick(all []RefError, every bool) []RefError {
	var out []RefError
	for _, e := range all {
		if e.Every == every {
			out = append(out, e)
		}
	}
	return out
}

// statusGroup is the errors of a call that share a status.
type statusGroup struct {
	status int
	errors []RefError
}

// byStatus groups errors, which are sorted by status.
func byStatus(errors []RefError) []statusGroup {
	var out []statusGroup
	for _, e := range errors {
		if n := len(out); n == 0 || out[n-1].status != e.Status {
			out = append(out, statusGroup{status: e.Status})
		}
		last := &out[len(out)-1]
		last.errors = append(last.errors, e)
	}
	return out
}

// curl is a line that makes the call.
func (p ReferencePage) curl(c RefCall) string {
	if len(c.Methods) == 1 || len(c.Samples) > 0 {
		return "curl " + p.BaseURL + c.Path
	}
	credential := "apiKey=" + views.KeyStandIn
	if c.System {
		credential = "secret=" + secretStandIn
	}
	var b strings.Builder
	b.WriteString("curl " + p.BaseURL + c.Path + " -d " + credential)
	for _, v := range c.Params {
		if v.Name == "apiKey" { // instead of id
			continue
		}
		option := " -d "
		if strings.ContainsAny(v.Example, ` +&%"'{`) {
			option = " --data-urlencode "
		}
		b.WriteString(option + shellQuoted(v.Name+"="+v.Example))
	}
	return b.String()
}

// secretStandIn stands where the system secret goes.
const secretStandIn = "YOUR_SYSTEM_SECRET"

// shellQuoted is a word for a shell, in quotes where it needs them.
func shellQuoted(s string) string {
	if !strings.ContainsAny(s, " \"'{}$&;<>|*?~#()\\`") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (p ReferencePage) fill(code string) string { return views.FillExample(code, p.BaseURL, "") }

// ways are all the ways to pass the key, as lines for a shell.
func (p ReferencePage) ways() string {
	lines := []struct{ key, code string }{
		{p.Lang.T("reference.way.form"), `curl {URL}/api/getState -d apiKey={KEY}`},
		{p.Lang.T("reference.way.json"), `curl {URL}/api/getState -H 'Content-Type: application/json' -d '{"apiKey":"{KEY}"}'`},
		{p.Lang.T("reference.way.header"), `curl {URL}/api/getState -H 'X-Api-Key: {KEY}'`},
		{p.Lang.T("reference.way.bearer"), `curl {URL}/api/getState -H 'Authorization: Bearer {KEY}'`},
		{p.Lang.T("reference.way.query"), `curl '{URL}/api/getState?apiKey={KEY}'`},
	}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString("# " + l.key + "\n" + l.code)
	}
	return p.fill(b.String())
}

// piece is a part of a text; code stands in a type of its own.
type piece struct {
	text string
	code bool
}

// prose cuts a text of the description into paragraphs and marks what stands in
// backticks.
func prose(text string) [][]piece {
	var out [][]piece
	for p := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var pieces []piece
		for i, part := range strings.Split(strings.Join(strings.Fields(p), " "), "`") {
			if part != "" {
				pieces = append(pieces, piece{part, i%2 == 1})
			}
		}
		out = append(out, pieces)
	}
	return out
}

// tookWord is how long something took, to read: "3 ms", "1.8 s".
func tookWord(l views.Lang, d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(max(1, d.Milliseconds()), 10) + " ms"
	}
	return l.Decimal(strconv.FormatFloat(d.Seconds(), 'f', 1, 64)) + " " + l.T("time.second_unit")
}

// stateReasons is which reasons go with which state.
func stateReasons() []struct {
	state   string
	reasons []string
} {
	return []struct {
		state   string
		reasons []string
	}{
		{views.StateOff, []string{
			"never_started", "stopped", "not_scanned", "logged_out", "banned", "outdated", "replaced", "rejected",
			"proxy_failed", "network", "storage",
		}},
		{views.StatePairing, []string{"connecting", "authenticating", "reconnecting", "restoring", "passkey"}},
		{views.StateScan, []string{"qr", "code"}},
		{views.StateConnected, []string{"ready"}},
	}
}
