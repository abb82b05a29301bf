package views

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
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

// Day is the day of a moment: "23 Nov 2026".
func (l Lang) Day(t time.Time) string { return l.date(t) }

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

// ZoneChoice is a time zone to choose, the field "zone" of a form: the IANA name of one
// of Zones or of another that the browser told, or what stands for none of them.
type ZoneChoice struct {
	Chosen  string    // IANA name; "" is none
	Now     time.Time // in the zone in force: shown as an example, and offsets are those of this moment
	Problem string    // finished sentence
}

//go:embed zones.txt
var zoneFile string

// zoneEntry is one zone of the list.
type zoneEntry struct {
	name string // "America/Argentina/Ushuaia"
	area string // "America"
	city string // "Ushuaia, Argentina": first what people look for
	loc  *time.Location
}

// zoneList is loaded once: the file is part of the program.
var zoneList = sync.OnceValue(func() []zoneEntry {
	var list []zoneEntry
	for line := range strings.Lines(zoneFile) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		if entry, ok := zoneOf(name); ok {
			list = append(list, entry)
		}
	}
	return list
})

// zoneOf is not ok when the system and the program know no such zone.
func zoneOf(name string) (zoneEntry, bool) {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return zoneEntry{}, false
	}
	parts := strings.Split(strings.ReplaceAll(name, "_", " "), "/")
	area := parts[0]
	if len(parts) > 1 {
		parts = parts[1:]
	}
	slices.Reverse(parts)
	return zoneEntry{name: name, area: area, city: strings.Join(parts, ", "), loc: loc}, true
}

// Zones lists the IANA names that can be chosen.
func Zones() []string {
	var names []string
	for _, z := range zoneList() {
		names = append(names, z.name)
	}
	return names
}

// indonesian are the zones that come first, from west to east.
var indonesian = []string{"Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"}

// ZoneGroups are the zones to choose from: the reader's own first, Indonesia's, then the
// areas and their cities in the order of the language. none is what stands for no choice:
// its value and its label.
func (l Lang) ZoneGroups(c ZoneChoice, none Option) []OptionGroup {
	none.Chosen = c.Chosen == ""
	groups := []OptionGroup{{Options: []Option{none}}, {Label: l.T("zone.indonesia")}}
	at := map[string]int{}
	own, found := c.Now.Location().String(), false
	for _, z := range zoneList() {
		found = found || z.name == c.Chosen
		if z.name == own && strings.Contains(own, "/") { // a place
			groups[0].Options = append(groups[0].Options, z.option(c))
			continue
		}
		if slices.Contains(indonesian, z.name) {
			continue
		}
		if _, ok := at[z.area]; !ok {
			at[z.area] = len(groups)
			groups = append(groups, OptionGroup{Label: l.zoneArea(z.area)})
		}
		group := &groups[at[z.area]]
		group.Options = append(group.Options, z.option(c))
	}
	for _, name := range indonesian {
		if z, ok := zoneOf(name); ok && name != own {
			groups[1].Options = append(groups[1].Options, z.option(c))
		}
	}
	if unlisted, ok := zoneOf(c.Chosen); ok && !found && c.Chosen != "" {
		groups[0].Options = append(groups[0].Options, unlisted.option(c))
	}
	other := l.zoneArea("")
	slices.SortFunc(groups[2:], func(a, b OptionGroup) int {
		if last := a.Label == other; last != (b.Label == other) {
			if last {
				return 1
			}
			return -1
		}
		return strings.Compare(a.Label, b.Label)
	})
	for i := range groups[2:] {
		slices.SortFunc(groups[2+i].Options, func(a, b Option) int { return strings.Compare(a.Label, b.Label) })
	}
	return groups
}

// option is the zone in the list: "Jakarta (WIB, UTC+7)".
func (z zoneEntry) option(c ZoneChoice) Option {
	at := c.Now.In(z.loc)
	_, offset := at.Zone()
	about, word := utcOffset(offset), ZoneWord(at)
	switch {
	case z.city == about: // UTC itself
		return Option{Value: z.name, Label: z.city, Chosen: z.name == c.Chosen}
	case word != about:
		about = word + ", " + about
	}
	return Option{Value: z.name, Label: z.city + " (" + about + ")", Chosen: z.name == c.Chosen}
}

func (l Lang) zoneArea(area string) string {
	switch area {
	case "Africa":
		return l.T("zone.africa")
	case "America":
		return l.T("zone.america")
	case "Antarctica":
		return l.T("zone.antarctica")
	case "Arctic":
		return l.T("zone.arctic")
	case "Asia":
		return l.T("zone.asia")
	case "Atlantic":
		return l.T("zone.atlantic")
	case "Australia":
		return l.T("zone.australia")
	case "Europe":
		return l.T("zone.europe")
	case "Indian":
		return l.T("zone.indian")
	case "Pacific":
		return l.T("zone.pacific")
	}
	return l.T("zone.other")
}
