package device

import (
	"math"
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// modeWord is a mode in words.
func modeWord(l views.Lang, m mode) string {
	switch m {
	case modeConnected:
		return l.T("history.connected")
	case modeConnecting:
		return l.T("history.connecting")
	case modeScan:
		return l.T("history.scan")
	case modeOff:
		return l.T("history.off")
	case modeDown:
		return l.T("history.down")
	case modeTrouble:
		return l.T("history.trouble")
	case modeNone, modeUnknown, numModes:
	}
	return l.T("history.unknown")
}

// recentWords is the title of the first row of the picture.
func recentWords(l views.Lang, window time.Duration) string {
	switch hours := int(window.Hours()); hours {
	case 1:
		return l.T("history.hour")
	case 24:
		return l.T("history.day")
	default:
		return l.T("history.hours", "Count", hours)
	}
}

// percent places a moment on a row, for the attributes of SVG.
func (h history) percent(at time.Time) string {
	return svgPercent(float64(at.Sub(h.from)) / float64(h.to.Sub(h.from)))
}

func columnPercent(n int) string { return svgPercent(float64(n) / historyColumns) }

func svgPercent(share float64) string {
	return strconv.FormatFloat(math.Round(share*100_000)/1000, 'f', -1, 64) + "%"
}

// labelled says whether a tick's label fits before the right edge.
func (h history) labelled(t tick) bool {
	return t.label != "" && float64(t.at.Sub(h.from)) < 0.88*float64(h.to.Sub(h.from))
}

// barTall is the height of a connected stretch; the others are lower, so that the
// picture can be read without colours.
const barTall = 40

func barSize(m mode) int {
	switch m {
	case modeConnected:
		return barTall
	case modeConnecting:
		return 26
	case modeScan:
		return 18
	case modeTrouble:
		return 10
	case modeOff:
		return 4
	case modeNone, modeUnknown, modeDown, numModes:
	}
	return 0
}

func barHeight(m mode) string { return strconv.Itoa(barSize(m)) }

func barTop(m mode) string { return strconv.Itoa(barTall - barSize(m)) }

// tickEnd is how far down a tick reaches.
func tickEnd(t tick) string {
	if t.label == "" {
		return "44"
	}
	return "48"
}

// part is how much of a row's recorded time a mode took.
type part struct {
	mode        mode
	share, took string
}

// parts are the modes of a row, the best first, and at the end what is not known.
func (h history) parts(l views.Lang) []part {
	var out []part
	for _, m := range []mode{modeConnected, modeConnecting, modeScan, modeOff, modeTrouble, modeDown} {
		if h.took[m] > 0 {
			out = append(out, part{m, shareWord(l, h.took[m], h.recorded()), l.Span(h.took[m])})
		}
	}
	if h.took[modeUnknown] > 0 {
		out = append(out, part{modeUnknown, "", l.Span(h.took[modeUnknown])})
	}
	return out
}

// sentence says how much of the row the device was connected and how often it was
// interrupted.
func (h history) sentence(l views.Lang) string {
	recorded, on := h.recorded(), h.took[modeConnected]
	switch {
	case recorded == 0:
		return l.T("history.nothing")
	case recorded < worthCounting:
		return l.T("history.begins", "Span", l.Span(recorded))
	}
	var said []string
	if missing := h.to.Sub(h.from) - recorded; missing >= time.Minute {
		said = append(said, l.T("history.recorded", "Span", l.Span(recorded)))
	}
	switch on {
	case recorded:
		said = append(said, l.T("history.always"))
	case 0:
		said = append(said, l.T("history.never"))
	default:
		off := recorded - on
		said = append(said, l.T("history.some", "Share", shareWord(l, on, recorded), "Off", l.Span(off), "OffShare", shareWord(l, off, recorded)))
	}
	switch {
	case h.breaks == 1:
		said = append(said, l.T("history.breaks.one"))
	case h.breaks > 1:
		said = append(said, l.T("history.breaks", "Count", h.breaks))
	case on > 0 && on < recorded:
		said = append(said, l.T("history.breaks.none"))
	}
	return strings.Join(said, " ")
}

// tooltip says what a stretch was and when.
func (h history) tooltip(l views.Lang, s stretch) string {
	from, to := h.time(s.at), h.time(s.at+s.wide)
	when := l.Clock(from) + "–" + l.Clock(to)
	if h.to.Sub(h.from) > 25*time.Hour {
		when = weekdayName(l, from) + " " + l.Clock(from) + " – " + weekdayName(l, to) + " " + l.Clock(to)
	}
	return modeWord(l, s.mode) + ", " + when
}

// shareWord is a part of a whole: "97.2%", "<0.1%"; 100% is the whole and nothing less.
func shareWord(l views.Lang, part, whole time.Duration) string {
	tenths := int(math.Round(float64(part) / float64(whole) * 1000))
	less := ""
	switch {
	case part == whole:
		return "100%"
	case tenths == 0 && part > 0:
		tenths, less = 1, "<"
	case tenths == 1000:
		tenths = 999
	}
	text := strconv.Itoa(tenths / 10)
	if tenths%10 != 0 {
		text += "." + strconv.Itoa(tenths%10)
	}
	return less + l.Decimal(text) + "%"
}

var weekdays = map[views.Lang][7]string{
	views.Indonesian: {"Min", "Sen", "Sel", "Rab", "Kam", "Jum", "Sab"},
	views.English:    {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

func weekdayName(l views.Lang, t time.Time) string {
	names, ok := weekdays[l]
	if !ok {
		names = weekdays[views.English]
	}
	return names[t.Weekday()]
}
