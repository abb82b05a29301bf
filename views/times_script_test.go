package views_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wadah/views"
)

// momentsIn is a page with a moment of each season in a zone.
func momentsIn(t *testing.T, lang views.Lang, zone string) views.AuditPage {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	p := views.AuditPage{Page: page(lang)}
	p.Zone = zone
	for month := time.January; month <= time.December; month++ {
		at := time.Date(2026, month, 9, 7, 5, 0, 0, loc)
		p.Entries = append(p.Entries, views.AuditEntry{ID: month.String(), At: at, Actor: "rina", ActorKind: "user", Action: "device.start"})
	}
	return p
}

// Ensure that the script writes times as the server does, so that nothing jumps when
// it starts, and that times follow the browser's zone when none is chosen.
func TestScriptWritesTimesAsTheServerDoes(t *testing.T) {
	t.Parallel()
	zones := []string{"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore", "Asia/Kathmandu", "Europe/London", "America/New_York", "America/Sao_Paulo", "UTC"}
	written := map[string][]string{} // by path: what the server wrote
	mux := http.NewServeMux()
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServerFS(staticFiles())))
	serve := func(path string, p views.AuditPage) {
		var b strings.Builder
		if err := views.Audit(p).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`data-local>([^<]+)<`).FindAllStringSubmatch(b.String(), -1) {
			written[path] = append(written[path], m[1])
		}
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = w.Write([]byte(b.String()))
		})
	}
	for _, lang := range []views.Lang{views.Indonesian, views.English} {
		for _, zone := range zones {
			serve("/"+string(lang)+"/"+zone, momentsIn(t, lang, zone))
		}
	}
	automatic := momentsIn(t, views.English, "Asia/Jakarta")
	automatic.Zone = ""
	serve("/automatic", automatic)
	unknown := momentsIn(t, views.English, "Asia/Jakarta")
	unknown.Zone = "Asia/Atlantis"
	serve("/unknown", unknown)
	s := httptest.NewServer(mux)
	defer s.Close()

	b := newTab(startBrowser(t), t)
	shown := func(path string) []string {
		t.Helper()
		b.open(s.URL + path)
		b.holds(`document.documentElement.classList.contains("js")`)
		texts, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("time[data-local]")].map((e) => e.textContent)`))
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	for path, want := range written {
		if len(want) != 12 {
			t.Fatalf("%s: the server writes %q, not a moment of each month", path, want)
		}
		if path == "/automatic" {
			continue
		}
		if got := shown(path); !slices.Equal(got, want) {
			t.Errorf("%s: the script writes %q, the server %q", path, got, want)
		}
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	if got := shown("/automatic")[0]; got != "9 Jan 2026, 09:05 UTC+9" {
		t.Errorf("in a browser in Tokyo: %q", got)
	}
	b.holds(`document.cookie.includes("wadah_browser_zone=Asia/Tokyo")`)
}
