package views

import (
	"fmt"
	"strconv"
	"time"
)

var months = map[Lang][12]string{
	Indonesian: {"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	English:    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// dateTime is a moment in its own location, as this language writes it, with the
// zone: "23 Nov 2026, 10.31 WIB" and "23 Nov 2026, 10:31 UTC". wadah.js writes it the
// same way, in the browser's zone unless the reader chose another.
func (l Lang) dateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.date(t) + ", " + l.clock(t) + " " + zoneWord(t)
}

// dateTimeSeconds is dateTime to the second: "23 Nov 2026, 10.31.07 WIB".
func (l Lang) dateTimeSeconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.date(t) + ", " + l.clockSeconds(t)
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
		return t.Format("15.04.05 ") + zoneWord(t)
	}
	return t.Format("15:04:05 ") + zoneWord(t)
}

// zoneWord is the short name of a moment's zone, such as "WIB"; where people have none,
// how far it is from UTC, such as "UTC+8" or "UTC+5:45".
func zoneWord(t time.Time) string {
	name, offset := t.Zone()
	if name != "" && name[0] != '+' && name[0] != '-' {
		return name
	}
	return utcOffset(offset)
}

// utcOffset writes seconds east of UTC: "UTC+7", "UTC-3:30", "UTC".
func utcOffset(seconds int) string {
	sign, minutes := "+", seconds/60
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	switch {
	case minutes == 0:
		return "UTC"
	case minutes%60 == 0:
		return "UTC" + sign + strconv.Itoa(minutes/60)
	}
	return fmt.Sprintf("UTC%s%d:%02d", sign, minutes/60, minutes%60)
}

// iso is a moment for the datetime attribute.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// millis is a moment for scripts: milliseconds since 1970.
func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
