package views

import (
	"slices"
	"time"
)

// reason is how one machine-readable reason is told to people. The texts are
// reason.NAME and reason.NAME.advice.
type reason struct {
	tone   Tone
	advice bool // whether there is anything to advise
}

// reasons is the one table of reasons: what session can report, how it sounds and
// what a person should do about it.
var reasons = map[string]reason{
	"never_started": {ToneOff, true},
	"stopped":       {ToneOff, true},
	"not_scanned":   {ToneOff, true},
	"logged_out":    {ToneDanger, true},
	"banned":        {ToneDanger, true},
	"outdated":      {ToneDanger, true},
	"replaced":      {ToneDanger, true},
	"rejected":      {ToneDanger, true},
	"proxy_failed":  {ToneDanger, true},
	"network":       {ToneWait, true},
	"storage":       {ToneDanger, true},

	"connecting":     {ToneWait, true},
	"authenticating": {ToneWait, true},
	"reconnecting":   {ToneWait, true},
	"restoring":      {ToneWait, true},
	"passkey":        {ToneAct, true},

	"qr":    {ToneAct, true},
	"code":  {ToneAct, true},
	"ready": {ToneOK, true},
}

// Reasons lists the reasons the table knows, sorted. Handlers check it against
// what session can report.
func Reasons() []string {
	names := make([]string, 0, len(reasons))
	for name := range reasons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Reason is the sentence for a reason and the advice that goes with it, as pages
// and API messages say them. Until is when the reason ends, zero when unknown;
// only "banned" tells it.
func (l Lang) Reason(name string, until time.Time) (sentence, advice string, tone Tone) {
	r, ok := reasons[name]
	if !ok {
		return l.T("reason.other"), l.T("reason.other.advice"), ToneOff
	}
	sentence = l.T("reason." + name)
	if name == "banned" && !until.IsZero() {
		sentence = l.T("reason.banned.until", "Until", l.dateTime(until))
	}
	if r.advice {
		advice = l.T("reason." + name + ".advice")
	}
	return sentence, advice, r.tone
}

func (d Device) sentence(l Lang) string {
	s, _, _ := l.Reason(d.Reason, d.Until)
	return s
}

func (d Device) advice(l Lang) string {
	_, a, _ := l.Reason(d.Reason, d.Until)
	return a
}
