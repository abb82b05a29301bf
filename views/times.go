package views

import (
	"strconv"
	"time"
)

var months = map[Lang][12]string{
	Indonesian: {"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	English:    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// dateTime is a moment in its own location, as this language writes it, with the
// zone: "23 Nov 2026, 10.31 WIB" and "23 Nov 2026, 10:31 UTC". Browsers with
// JavaScript replace it by their own time zone's.
func (l Lang) dateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.date(t) + ", " + l.clock(t) + t.Format(" MST")
}

func (l Lang) date(t time.Time) string {
	names, ok := months[l]
	if !ok {
		names = months[English]
	}
	return strconv.Itoa(t.Day()) + " " + names[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

func (l Lang) clock(t time.Time) string {
	if l == Indonesian {
		return t.Format("15.04")
	}
	return t.Format("15:04")
}

// clockSeconds is for things that end within minutes.
func (l Lang) clockSeconds(t time.Time) string {
	if l == Indonesian {
		return t.Format("15.04.05")
	}
	return t.Format("15:04:05")
}

// iso is a moment for the datetime attribute.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// millis is a moment for scripts: milliseconds since 1970.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
