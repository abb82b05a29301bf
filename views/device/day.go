package device

import (
	"strconv"
	"strings"
	"time"

	"wadah/views"
)

// Row is a device in the list, with its last day.
type Row struct {
	views.Device
	Day Timeline // at least of the last 24 hours; not drawn without Now
}

// Day is the span that a row shows.
const Day = 24 * time.Hour

const (
	dayColumns = 96 // a quarter of an hour each
	dayTall    = 12 // of the picture's own units
)

// dayBar is the part of a row's picture that is alike: connected, not connected, or in need of
// somebody. As in the timeline, the height says the same as the colour.
type dayBar struct{ class, path string }

// dayBars draws a row's picture: a path for each kind, which takes few bytes however often a
// device came and went.
func dayBars(h history) []dayBar {
	kinds := []struct {
		class string
		tall  int
		is    func(mode) bool
	}{
		{"bar-connected", dayTall, func(m mode) bool { return m == modeConnected }},
		{"bar-trouble", 8, func(m mode) bool { return m == modeTrouble }},
		{"bar-off", 3, func(m mode) bool { return m > modeConnected && m < modeTrouble }},
	}
	var bars []dayBar
	for _, kind := range kinds {
		var path strings.Builder
		for i := 0; i < len(h.columns); i++ {
			from := i
			for i < len(h.columns) && kind.is(h.columns[i]) {
				i++
			}
			if i > from {
				wide := strconv.Itoa(i - from)
				path.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(dayTall-kind.tall) + "h" + wide + "V" + strconv.Itoa(dayTall) + "h-" + wide + "z")
			}
		}
		if path.Len() > 0 {
			bars = append(bars, dayBar{kind.class, path.String()})
		}
	}
	return bars
}
