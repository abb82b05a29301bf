package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var months = map[Lang][12]string{
	Indonesian: {"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	English:    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
}

// DateTime is a moment in its own location, as this language writes it, with the
// zone: "23 Nov 2026, 10.31 WIB" and "23 Nov 2026, 10:31 UTC". wadah.js writes it the
// same way, in the browser's zone unless the reader chose another.
func (l Lang) DateTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.date(t) + ", " + l.Clock(t) + " " + ZoneWord(t)
}

// DateTimeSeconds is DateTime to the second: "23 Nov 2026, 10.31.07 WIB".
func (l Lang) DateTimeSeconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.date(t) + ", " + l.ClockSeconds(t)
}

func (l Lang) date(t time.Time) string {
	names, ok := months[l]
	if !ok {
		names = months[English]
	}
	return strconv.Itoa(t.Day()) + " " + names[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// Clock is the time of day: "10.31" and "10:31".
func (l Lang) Clock(t time.Time) string {
	if l == Indonesian {
		return t.Format("15.04")
	}
	return t.Format("15:04")
}

// ClockSeconds is Clock to the second, with the zone, for things that end within minutes.
func (l Lang) ClockSeconds(t time.Time) string {
	if l == Indonesian {
		return t.Format("15.04.05 ") + ZoneWord(t)
	}
	return t.Format("15:04:05 ") + ZoneWord(t)
}

// ZoneWord is the short name of a moment's zone, such as "WIB"; where people have none,
// how far it is from UTC, such as "UTC+8" or "UTC+5:45".
func ZoneWord(t time.Time) string {
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

// Decimal writes a number that has a decimal point as the language does.
func (l Lang) Decimal(number string) string {
	if l == Indonesian {
		return strings.Replace(number, ".", ",", 1)
	}
	return number
}

// Span is a length of time in its two largest units: "2 d 3 h", "4 min", "35 s".
func (l Lang) Span(d time.Duration) string {
	units := []struct {
		size time.Duration
		word string
	}{
		{24 * time.Hour, l.T("time.day_unit")}, {time.Hour, l.T("time.hour_unit")}, {time.Minute, l.T("time.minute_unit")}, {time.Second, l.T("time.second_unit")},
	}
	d = d.Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	var said []string
	for _, u := range units {
		if n := d / u.size; n > 0 {
			said = append(said, strconv.Itoa(int(n))+" "+u.word)
			d %= u.size
		} else if len(said) > 0 {
			break
		}
	}
	if len(said) == 0 {
		return "0 " + l.T("time.second_unit")
	}
	return strings.Join(said[:min(len(said), 2)], " ")
}

// ISO is a moment for the datetime attribute.
func ISO(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Millis is a moment for scripts: milliseconds since 1970.
func Millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
