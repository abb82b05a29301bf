package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/handlers/panel/about"
	"wadah/models"
	"wadah/static"
)

// Ensure that everybody who is signed in finds what the program is made of, with the
// whole text of every licence.
func TestAbout(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) {
		c.Build = about.Build{Go: "go1.99.1", Modules: map[string]string{"go.mau.fi/whatsmeow": "v0.0.0-test"}}
	})
	e.user("ani", models.RoleViewer)
	b := e.signedIn("ani")
	page := b.get("/about")
	page.has(t, http.StatusOK, "nav-about", "foot-about", "about-part", "about-licences")
	database, _, err := e.store.Engine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Wadah", "WhatsApp Web", "Go", database, "htmx", "Pico CSS"} {
		if version := page.match(t, `(?s)data-name="`+part+`".*?<dd[^>]*>([^<]+)<`); version == "" {
			t.Errorf("no version of %s", part)
		}
	}
	for _, text := range []string{"1.99.1", "go.mau.fi/libsignal"} {
		if !strings.Contains(page.body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	list := b.get("/about/licences")
	list.has(t, http.StatusOK, "licence-row", "licence-link")
	if !strings.Contains(list.body, "v0.0.0-test") {
		t.Error("a module is listed without its version")
	}
	seen := map[string]bool{}
	for _, l := range static.Licences() {
		address := "/about/licences/" + strings.TrimSuffix(l.Text, ".txt")
		if !strings.Contains(list.body, `data-name="`+l.Name+`"`) || !strings.Contains(list.body, `href="`+address+`"`) {
			t.Errorf("%s is not listed with its text", l.Name)
		}
		if seen[address] {
			continue
		}
		seen[address] = true
		b.get(address).has(t, http.StatusOK, "licence-text")
	}
	for _, address := range []string{"/about/licences/index", "/about/licences/..%2Findex.json", "/about/licences/x"} {
		if got := b.get(address); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", address, got.StatusCode)
		}
	}
	e.browser().get("/about").leads(t, "/signin?next=%2Fabout")
}
