package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/models"
	"wadah/session"
)

// tell leaves the cookie by which wadah.js tells where the browser is.
func (e *env) tell(b *browser, zone string) {
	e.t.Helper()
	at, err := url.Parse(e.url)
	if err != nil {
		e.t.Fatal(err)
	}
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "wadah_browser_zone", Value: zone}})
}

// Ensure that times are in the zone somebody chose, in the page and in its stream;
// otherwise in the browser's.
func TestTimesAreInTheZoneOfTheReader(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	page := func() answer { return b.get("/devices/" + id) }

	e.tell(b, "Asia/Makassar")
	if got := page(); !strings.Contains(got.body, " WITA<") || strings.Contains(got.body, "data-zone=") {
		t.Error("not in the browser's zone, or taken for chosen")
	}
	e.tell(b, "../../etc/passwd")
	page().has(t, http.StatusOK)

	b.post("/account/prefs", url.Values{"zone": {"Asia/Jayapura"}}).leads(t, "/account")
	if got := page(); !strings.Contains(got.body, " WIT<") || !strings.Contains(got.body, `data-zone="Asia/Jayapura"`) {
		t.Error("not in the chosen zone")
	}
	e.feed(b.client, "/events?device="+id).until(" WIT<")

	b.post("/prefs", url.Values{"theme": {"dark"}, "next": {"/devices"}}).leads(t, "/devices")
	if got := page(); !strings.Contains(got.body, " WIT<") {
		t.Error("the theme was changed and the zone is lost")
	}
	e.tell(b, "Asia/Pontianak")
	b.post("/account/prefs", url.Values{"zone": {"auto"}}).leads(t, "/account")
	if got := page(); !strings.Contains(got.body, " WIB<") || strings.Contains(got.body, "data-zone=") {
		t.Error("automatic, but not in the browser's zone")
	}
	for _, wrong := range []string{"Local", "Asia/Atlantis", "../x", "/etc/localtime", strings.Repeat("A/", 40)} {
		if got := b.post("/account/prefs", url.Values{"zone": {wrong}}); got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("zone %q: %d", wrong, got.StatusCode)
		}
	}
}

// Ensure that a person's zone comes along to another browser, and that two readers in
// different zones do not get each other's frames.
func TestZoneBelongsToTheAccount(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	e.user("budi", models.RoleAdmin)
	rina, budi := e.admin(), e.signedIn("budi")
	rina.post("/account/prefs", url.Values{"zone": {"Asia/Makassar"}}).leads(t, "/account")
	budi.post("/account/prefs", url.Values{"zone": {"Asia/Tokyo"}}).leads(t, "/account")
	first, second := e.feed(rina.client, "/events?device="+id), e.feed(budi.client, "/events?device="+id)
	first.until(" WITA<")
	second.until(" JST<")
	e.start(id, session.StateScan)
	if got := first.until(`data-state="SERVICE_SCAN"`); strings.Contains(got, "JST") {
		t.Error("the frames of another zone")
	}
	if got := second.until(`data-state="SERVICE_SCAN"`); strings.Contains(got, "WITA") {
		t.Error("the frames of another zone")
	}
}
