package views

import (
	"maps"
	"slices"
	"time"
)

// reasons is the one table of reasons: what session can report and how it sounds.
// The sentence is the text reason.NAME, what a person should do reason.NAME.advice.
var reasons = map[string]Tone{
	"never_started": ToneOff,
	"stopped":       ToneOff,
	"not_scanned":   ToneOff,
	"logged_out":    ToneDanger,
	"banned":        ToneDanger,
	"outdated":      ToneDanger,
	"replaced":      ToneDanger,
	"rejected":      ToneDanger,
	"proxy_failed":  ToneDanger,
	"network":       ToneWait,
	"storage":       ToneDanger,

	"connecting":     ToneWait,
	"authenticating": ToneWait,
	"reconnecting":   ToneWait,
	"restoring":      ToneWait,
	"passkey":        ToneAct,

	"qr":    ToneAct,
	"code":  ToneAct,
	"ready": ToneOK,

	"server_down": ToneOff, // in timelines alone
}

// Reasons lists the reasons the table knows, sorted. Handlers check it against
// what session can report.
func Reasons() []string { return slices.Sorted(maps.Keys(reasons)) }

// Reason is the sentence for a reason and the advice that goes with it, as pages
// and API messages say them. Until is when the reason ends, zero when unknown;
// only "banned" tells it.
func (l Lang) Reason(name string, until time.Time) (sentence, advice string, tone Tone) {
	tone, ok := reasons[name]
	if !ok {
		return l.T("reason.other"), l.T("reason.other.advice"), ToneOff
	}
	sentence = l.T("reason." + name)
	if name == "banned" && !until.IsZero() {
		sentence = l.T("reason.banned.until", "Until", l.DateTime(until))
	}
	return sentence, l.T("reason." + name + ".advice"), tone
}

// NeedsSomebody says whether a device is off though nobody wanted that: not stopped or never
// started, but logged out, banned, cut off and the like.
func NeedsSomebody(state, reason string) bool {
	if state != StateOff {
		return false
	}
	tone := StateTone(state, reason)
	return tone == ToneDanger || tone == ToneWait
}

// Sentence says why the device is as it is.
func (d Device) Sentence(l Lang) string {
	if d.Reason == "rejected" && d.Detail != "" {
		return l.T("reason.rejected.code", "Code", d.Detail)
	}
	s, _, _ := l.Reason(d.Reason, d.Until)
	return s
}

// Advice is what to do about it.
func (d Device) Advice(l Lang) string {
	reason := d.Reason
	if reason == "stopped" && !d.Linked {
		reason = "never_started" // there is no link that it keeps
	}
	_, a, _ := l.Reason(reason, d.Until)
	return a
}
