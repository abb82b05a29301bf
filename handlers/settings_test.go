package handlers_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wadah/handlers/limit"
)

func TestSystemSecretInThePanel(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	b.get("/settings").has(t, http.StatusOK, "secret-create", "limit-row")
	value := func(page answer) string {
		v := page.match(t, `data-testid="secret-value">([0-9a-f]{32})<`)
		e.secrets = append(e.secrets, v)
		return v
	}
	works := func(secret string) bool {
		got, _ := e.system("listDevice", url.Values{"secret": {secret}})
		return got.StatusCode == http.StatusOK
	}
	made := b.post("/settings/secret", url.Values{"overlap": {"0s"}})
	first := value(made)
	made.match(t, `(tabindex="-1" autofocus)[^>]*>\s*<div class="key">\s*<code[^>]*>`+first) // in sight, with the focus
	if !works(first) {
		t.Error("the new secret opens nothing")
	}
	page := b.get("/settings")
	if strings.Contains(page.body, first) {
		t.Error("the page shows the secret unasked")
	}
	row := page.match(t, `data-secret="([^"]+)"`)
	if got := value(b.post("/settings/secret/"+row+"/reveal", nil)); got != first {
		t.Errorf("revealed %q", got)
	}
	second := value(b.post("/settings/secret", url.Values{"overlap": {"24h"}}))
	if second == first || !works(first) || !works(second) {
		t.Error("during the overlap one of both opens nothing")
	}
	third := value(b.post("/settings/secret", url.Values{"overlap": {"0s"}}))
	if works(first) || works(second) || !works(third) {
		t.Error("replaced at once, but the old secrets work or the new one does not")
	}
	b.post("/settings/secret/revoke", nil).leads(t, "/settings")
	if !works(third) {
		t.Error("revoked without being confirmed")
	}
	b.post("/settings/secret/revoke", url.Values{"confirm": {"yes"}}).leads(t, "/settings")
	if works(third) {
		t.Error("a revoked secret works")
	}
	if got := b.post("/settings/secret/"+row+"/reveal", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("a revoked secret is revealed: %d", got.StatusCode)
	}
	if got := b.post("/settings/secret", url.Values{"overlap": {"soon"}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an overlap that is none: %d", got.StatusCode)
	}
	for action, times := range map[string]int{"secret.create": 1, "secret.rotate": 2, "secret.reveal": 2, "secret.revoke": 1} {
		e.audited(action, times)
	}
}

// TestNameOnThePhone chooses what phones call devices: all of them, and one.
func TestNameOnThePhone(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	id, _ := e.device("Kasir")
	b.post("/settings/linked-name", url.Values{"name": {" Toko Maju "}}).leads(t, "/settings")
	if got := b.get("/settings").body; !strings.Contains(got, `value="Toko Maju"`) {
		t.Error("the settings do not show the name")
	}
	for address, field := range map[string]string{"/settings/linked-name": "name", "/devices/" + id + "/settings": "linked_name"} {
		if got := b.post(address, url.Values{field: {"a\x00b"}}); got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s takes a name that cannot be shown: %d", address, got.StatusCode)
		}
	}
	if name, err := e.store.LinkedName(t.Context(), id); err != nil || name != "Toko Maju" {
		t.Errorf("a phone is told %q (%v)", name, err)
	}
	b.post("/devices/"+id+"/settings", url.Values{"linked_name": {"Kasir depan"}})
	if name, err := e.store.LinkedName(t.Context(), id); err != nil || name != "Kasir depan" {
		t.Errorf("a phone is told %q (%v)", name, err)
	}
	if got := b.get("/devices/" + id + "/settings").body; !strings.Contains(got, `value="Kasir depan"`) {
		t.Error("the device's settings do not show its name")
	}
}

func TestBrand(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	b.post("/settings/brand", url.Values{"brand": {"  Toko   <Maju> "}}).leads(t, "/settings")
	if got := e.get(e.scanLink(b, id)); !strings.Contains(got.body, "Toko &lt;Maju&gt;") {
		t.Error("the scan page does not carry the name")
	}
	if got := b.post("/settings/brand", url.Values{"brand": {strings.Repeat("x", 61)}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a name too long: %d", got.StatusCode)
	}
}

// Every limit there is stands among the settings, with the variable that sets it.
func TestEveryLimitIsShown(t *testing.T) {
	e := newEnv(t)
	page := e.admin().get("/settings")
	shown := 0
	for _, field := range slices.Concat(reflect.VisibleFields(reflect.TypeFor[limit.Pace]()), reflect.VisibleFields(reflect.TypeFor[limit.Room]())) {
		shown++
		if !strings.Contains(page.body, limit.Variable(field.Name)) {
			t.Errorf("%s is not shown", limit.Variable(field.Name))
		}
	}
	if shown < 10 {
		t.Errorf("only %d limits; the search for them is broken", shown)
	}
}
