package device

import (
	"slices"
	"time"

	"wadah/views"
)

// Timeline is what happened to a device, and the picture of it.
type Timeline struct {
	Events []views.Event // all that are kept, newest first; the page lists the first of them
	// Whole says that Events goes back to the device's beginning. Otherwise older ones
	// were forgotten, and the picture does not know what was before the oldest.
	Whole   bool
	Created time.Time // of the device
	Now     time.Time // when the picture ends; its location is the one of the ticks
}

// olderThan says whether the device existed for longer than d: a week's picture of one
// that was added today would only repeat the day's.
func (t Timeline) olderThan(d time.Duration) bool { return t.Now.Sub(t.Created) > d }

// recent is how far back the first row of the picture goes: a day, or little more than there
// is of a device that was added today, of which a day's picture would show a sliver.
func (t Timeline) recent() time.Duration {
	for _, hours := range []time.Duration{1, 3, 6, 12} {
		if window := hours * time.Hour; !t.olderThan(window) {
			return window
		}
	}
	return 24 * time.Hour
}

// eventMode is what a stretch of time was like, in the order of how much it matters: where
// several share one column of the picture, the highest is drawn.
type mode int

const (
	modeNone       mode = iota // the device did not exist
	modeUnknown                // nobody remembers
	modeConnected              // CONNECTED
	modeConnecting             // PAIRING
	modeScan                   // SERVICE_SCAN, or a passkey: somebody has to do something
	modeOff                    // SERVICE_OFF as its owner wants it
	modeDown                   // Wadah did not run
	modeTrouble                // SERVICE_OFF because something is wrong
	numModes
)

// word is the mode in class names.
func (m mode) word() string {
	return [...]string{"none", "unknown", "connected", "connecting", "scan", "off", "down", "trouble", ""}[m]
}

func eventMode(e views.Event) mode {
	switch {
	case e.To == views.StateConnected:
		return modeConnected
	case e.To == views.StateScan, e.Reason == "passkey":
		return modeScan
	case e.To == views.StatePairing:
		return modeConnecting
	case e.Reason == "server_down":
		return modeDown
	case e.Tone() == views.ToneDanger, e.Reason == "network":
		return modeTrouble
	}
	return modeOff
}

// byHand says whether somebody wanted the event: a stop, a restart or another proxy, a
// log-out done here, which the detail tells from one by the phone.
func byHand(e views.Event) bool {
	switch e.Reason {
	case "stopped", "restoring":
		return true
	case "logged_out":
		return e.Detail == "confirmed" || e.Detail == "unconfirmed"
	}
	return false
}

// interruptions counts connections that somebody missed: those that ended although nobody
// wanted it, and those that were to be made anew by hand and met trouble instead, such as
// a proxy that does not let them through.
type interruptions struct {
	awaited bool // the connection was ended by hand, to be made anew at once
}

// next takes the next event, in order, and reports whether it interrupts.
func (i *interruptions) next(e views.Event) bool {
	before, ended := i.awaited, e.From == views.StateConnected && e.To != views.StateConnected
	switch {
	case ended:
		i.awaited = e.Reason == "restoring"
		return !byHand(e)
	case e.To == views.StateConnected, e.To == views.StateOff:
		i.awaited = false
		return before && e.To == views.StateOff && !byHand(e)
	}
	return false
}

// history is one row of the picture.
type history struct {
	from, to time.Time
	columns  []mode // from left to right, each the same time
	took     [numModes]time.Duration
	breaks   int // see interruptions
}

// historyColumns is how many columns a row has: each is at least a pixel on the
// narrowest screen, so what took a moment is seen all the same.
const historyColumns = 240

// worthCounting is how much of a row must be recorded before its parts are told in
// numbers: of a device added a minute ago they say nothing.
const worthCounting = 10 * time.Minute

// history is the picture of the last part of a timeline, in so many columns.
func (t Timeline) history(window time.Duration, columns int) history {
	h := history{from: t.Now.Add(-window), to: t.Now, columns: make([]mode, columns)}
	add := func(m mode, from, to time.Time) {
		if from.Before(h.from) {
			from = h.from
		}
		if to.After(h.to) {
			to = h.to
		}
		if !from.Before(to) {
			return
		}
		h.took[m] += to.Sub(from)
		first, last := h.column(from), h.column(to.Add(-1))
		for i := first; i <= last; i++ {
			h.columns[i] = max(h.columns[i], m)
		}
	}
	last, at := modeUnknown, time.Time{}
	if t.Whole {
		add(modeNone, at, t.Created)
		last, at = modeOff, t.Created
	}
	var seen interruptions
	for _, e := range slices.Backward(t.Events) {
		add(last, at, e.At)
		last, at = eventMode(e), e.At
		if seen.next(e) && !e.At.Before(h.from) && e.At.Before(h.to) {
			h.breaks++
		}
	}
	add(last, at, h.to)
	// The last column is what is now; what was worse a moment ago moves to the left.
	if n := len(h.columns); h.took[last] > 0 && h.columns[n-1] > last {
		h.columns[n-2] = max(h.columns[n-2], h.columns[n-1])
		h.columns[n-1] = last
	}
	return h
}

func (h history) column(at time.Time) int {
	i := int(int64(at.Sub(h.from)) * int64(len(h.columns)) / int64(h.to.Sub(h.from)))
	return min(max(i, 0), len(h.columns)-1)
}

// recorded is how much of the row is known of a device that existed.
func (h history) recorded() time.Duration {
	var sum time.Duration
	for m := modeConnected; m < numModes; m++ {
		sum += h.took[m]
	}
	return sum
}

// stretch is a run of equal columns.
type stretch struct {
	mode     mode
	at, wide int // columns
}

func (h history) stretches() []stretch {
	var out []stretch
	for i, m := range h.columns {
		if n := len(out); n > 0 && out[n-1].mode == m {
			out[n-1].wide++
			continue
		}
		out = append(out, stretch{m, i, 1})
	}
	return out
}

// time is the moment at the left edge of a column.
func (h history) time(column int) time.Time {
	return h.from.Add(h.to.Sub(h.from) * time.Duration(column) / time.Duration(len(h.columns)))
}

// tick is a mark below a row.
type tick struct {
	at    time.Time
	label string // "" for a small one
}

// ticksOf is how far apart the ticks of a row of at most a day are, and its labels.
func ticksOf(window time.Duration) (step, label time.Duration) {
	switch {
	case window <= time.Hour:
		return 5 * time.Minute, 15 * time.Minute
	case window <= 3*time.Hour:
		return 15 * time.Minute, 30 * time.Minute
	case window <= 6*time.Hour:
		return 30 * time.Minute, time.Hour
	case window <= 12*time.Hour:
		return time.Hour, 3 * time.Hour
	}
	return time.Hour, 6 * time.Hour
}

// ticks of a row of a day are its hours, every sixth with its name, of a shorter one more of
// them; those of a longer one its midnights.
func (h history) ticks(l views.Lang) []tick {
	var out []tick
	year, month, day := h.from.Date()
	if h.to.Sub(h.from) > 25*time.Hour {
		for i := 1; ; i++ {
			at := time.Date(year, month, day+i, 0, 0, 0, 0, h.from.Location())
			if !at.Before(h.to) {
				return out
			}
			out = append(out, tick{at, weekdayName(l, at)})
		}
	}
	// Hours of the clock, which a change to summer time repeats or leaves out.
	at := h.from.Truncate(time.Hour)
	if _, offset := h.from.Zone(); offset%3600 != 0 {
		at = time.Date(year, month, day, h.from.Hour(), 0, 0, 0, h.from.Location())
	}
	step, every := ticksOf(h.to.Sub(h.from))
	for at = at.Add(step); at.Before(h.to); at = at.Add(step) {
		if !at.After(h.from) {
			continue
		}
		label := ""
		if (at.Hour()*60+at.Minute())%int(every.Minutes()) == 0 {
			label = l.Clock(at)
		}
		out = append(out, tick{at, label})
	}
	return out
}
