package views

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
)

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

// ZoneGroups are the zones to choose from: Indonesia's first, then by area. none is
// what stands for no choice: its value and its label.
func (l Lang) ZoneGroups(c ZoneChoice, none Option) []OptionGroup {
	none.Chosen = c.Chosen == ""
	groups := []OptionGroup{{Options: []Option{none}}, {Label: l.T("zone.indonesia")}}
	at := map[string]int{}
	found := false
	for _, z := range zoneList() {
		found = found || z.name == c.Chosen
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
		if z, ok := zoneOf(name); ok {
			groups[1].Options = append(groups[1].Options, z.option(c))
		}
	}
	if other, ok := zoneOf(c.Chosen); ok && !found && c.Chosen != "" {
		groups[0].Options = append(groups[0].Options, other.option(c))
	}
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
