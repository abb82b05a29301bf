package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/views"
)

// Ensure that every zone of the list is one that the program knows, each once.
func TestZones(t *testing.T) {
	names := views.Zones()
	if len(names) < 400 || !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%d zones, sorted and each once: %v", len(names), slices.IsSorted(names))
	}
	for _, name := range names {
		if _, err := time.LoadLocation(name); err != nil || len(name) > 64 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure that Indonesia's zones come first, that offsets are those of the moment, and
// that a zone which the list does not have can still be the chosen one.
func TestZoneChoice(t *testing.T) {
	show := func(zone string, now time.Time) string {
		t.Helper()
		groups := views.English.ZoneGroups(views.ZoneChoice{Chosen: zone, Now: now}, views.Option{Value: "auto", Label: "Automatic"})
		var b strings.Builder
		if err := views.Select(views.Choice{ID: "zone", Name: "zone", Label: "Zone", Groups: groups}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	winter, summer := time.Date(2026, 1, 9, 12, 0, 0, 0, time.UTC), time.Date(2026, 7, 9, 12, 0, 0, 0, time.UTC)
	html := show("", winter)
	before := 0
	for _, text := range []string{
		`<option value="auto" selected>`, `<optgroup label="Indonesia">`, ">Jakarta (WIB, UTC+7)<", ">Makassar (WITA, UTC+8)<", ">Jayapura (WIT, UTC+9)<",
		`<optgroup label="Africa">`, ">New York (EST, UTC-5)<", ">Ushuaia, Argentina (UTC-3)<", ">Kathmandu (UTC+5:45)<", `<optgroup label="Other">`, ">UTC<",
	} {
		at := strings.Index(html, text)
		if at < before {
			t.Errorf("%s is missing or stands too early", text)
		}
		before = max(at, before)
	}
	if html := show("Europe/London", summer); !strings.Contains(html, `<option value="Europe/London" selected>London (BST, UTC+1)</option>`) {
		t.Error("London in summer is not chosen, or not an hour ahead")
	}
	if html := show("Asia/Calcutta", winter); !strings.Contains(html, `<option value="Asia/Calcutta" selected>Calcutta (IST, UTC+5:30)</option>`) {
		t.Error("a zone that only the browser knows by this name cannot be chosen")
	}
}

// Ensure that the zone somebody is in stands first, once, and that areas follow the language.
func TestZonesForTheReader(t *testing.T) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []views.Lang{views.English, views.Indonesian} {
		groups := lang.ZoneGroups(views.ZoneChoice{Now: time.Date(2026, 1, 9, 12, 0, 0, 0, tokyo)}, views.Option{Label: "-"})
		own := 0
		var areas []string
		for i, g := range groups {
			for j, o := range g.Options {
				if o.Value != "Asia/Tokyo" {
					continue
				}
				if own++; i != 0 || j != 1 {
					t.Errorf("%s: the reader's zone is option %d of group %d", lang, j, i)
				}
			}
			if i > 1 && i < len(groups)-1 {
				areas = append(areas, g.Label)
			}
		}
		if own != 1 || !slices.IsSorted(areas) || len(areas) < 8 {
			t.Errorf("%s: %d times the reader's zone, areas %q", lang, own, areas)
		}
	}
}
