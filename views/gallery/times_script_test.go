package gallery_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"wadah/views"
	auditviews "wadah/views/audit"
	peopleviews "wadah/views/people"
)

// moments are a moment of each season in a zone.
func moments(t *testing.T, zone string) []time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Time
	for month := time.January; month <= time.December; month++ {
		out = append(out, time.Date(2026, month, 9, 7, 5, 3, 0, loc))
	}
	return out
}

// momentsIn is a page with moments to the second, loginsIn one with moments to the minute.
func momentsIn(lang views.Lang, zone string, at []time.Time) auditviews.AuditPage {
	p := auditviews.AuditPage{Page: page(lang)}
	p.Zone = zone
	for _, t := range at {
		p.Entries = append(p.Entries, auditviews.AuditEntry{ID: t.String(), At: t, Actor: "rina", ActorKind: "user", Action: "device.start"})
	}
	return p
}

func loginsIn(lang views.Lang, zone string, at []time.Time) peopleviews.PersonPage {
	p := peopleviews.PersonPage{Page: page(lang), Person: peopleviews.Person{ID: "u1", Name: "budi", Role: views.Viewer}}
	p.Zone = zone
	for _, t := range at {
		p.Logins = append(p.Logins, views.Login{ID: t.String(), Since: t})
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
	serve := func(path string, p templ.Component) {
		var b strings.Builder
		if err := p.Render(t.Context(), &b); err != nil {
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
			serve("/"+string(lang)+"/"+zone, auditviews.Audit(momentsIn(lang, zone, moments(t, zone))))
			serve("/minutes/"+string(lang)+"/"+zone, peopleviews.PersonShow(loginsIn(lang, zone, moments(t, zone))))
		}
	}
	jakarta := moments(t, "Asia/Jakarta")
	serve("/automatic", auditviews.Audit(momentsIn(views.English, "", jakarta)))
	serve("/unknown", auditviews.Audit(momentsIn(views.English, "Asia/Atlantis", jakarta)))
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
	if got := shown("/automatic")[0]; got != "9 Jan 2026, 09:05:03 UTC+9" {
		t.Errorf("in a browser in Tokyo: %q", got)
	}
	b.holds(`document.cookie.includes("wadah_browser_zone=Asia/Tokyo")`)
}
