package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wadah/models"
)

func setupPath(t *testing.T, e *env) string {
	t.Helper()
	path, err := e.server.SetupURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSetup(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("Kasir")
	b := e.browser()
	path := setupPath(t, e)
	token := strings.TrimPrefix(path, "/setup?token=")
	e.secrets = append(e.secrets, token)
	if len(token) < 22 { // 26 letters of base32 are 130 bits
		t.Fatalf("set-up token of %d characters", len(token))
	}

	// Nothing is open before set-up but the API with a key.
	for _, p := range []string{"/", "/devices", "/devices/x", "/account", "/signin"} {
		b.get(p).leads(t, "/setup")
	}
	b.post("/signin", url.Values{"name": {"a"}, "password": {password}}).leads(t, "/setup")
	if got := b.get("/events?page=devices"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("events: %d", got.StatusCode)
	}
	if got := e.get("/api/getState?apiKey=" + key); got.StatusCode != http.StatusOK {
		t.Errorf("API: %d", got.StatusCode)
	}
	for _, p := range []string{"/setup", "/setup?token=", "/setup?token=x", "/setup?token=" + token + "x"} {
		got := b.get(p)
		got.has(t, http.StatusForbidden)
		if strings.Contains(got.body, "setup-submit") {
			t.Errorf("%s shows the form", p)
		}
		wrong := strings.HasPrefix(p, "/setup?token=") && p != "/setup?token="
		if strings.Contains(got.body, `data-testid="error-message"`) != wrong {
			t.Errorf("%s says that the link is wrong: %v", p, !wrong)
		}
	}
	b.get(path).has(t, http.StatusOK, "setup-name", "setup-password", "setup-password2", "setup-submit")

	// Choosing a language comes back to the form, token and all.
	b.post("/prefs", url.Values{"lang": {"id"}, "next": {path}}).leads(t, path)
	if got := b.get(path); !strings.Contains(got.body, `<html lang="id"`) {
		t.Error("the language cannot be chosen before set-up")
	}

	form := func(name, first, second string) url.Values {
		return url.Values{"token": {token}, "name": {name}, "password": {first}, "password2": {second}}
	}
	b.post("/setup", url.Values{"name": {"boss"}, "password": {password}, "password2": {password}}).has(t, http.StatusForbidden)
	for _, bad := range []url.Values{
		form("boss", password, "different password"), form("", password, password), form("boss", "short", "short"),
		form("boss", "", ""), form("a b", password, password), form("boss", "password1234", "password1234"),
	} {
		got := b.post("/setup", bad)
		got.has(t, http.StatusUnprocessableEntity, "setup-submit")
		if !strings.Contains(got.body, `value="`+bad.Get("name")+`"`) {
			t.Error("the form has forgotten the name")
		}
	}
	b.post("/setup", form("boss", password, password)).leads(t, "/devices")
	b.get("/devices").has(t, http.StatusOK, "flash", "add-device-name", "signout")

	if got := setupPath(t, e); got != "" {
		t.Errorf("the set-up link lives on: %s", got)
	}
	e.browser().get(path).leads(t, "/signin")
	e.browser().post("/setup", form("second", password, password)).leads(t, "/signin")
	if n, err := e.store.CountUsers(t.Context()); err != nil || n != 1 {
		t.Errorf("%d users, %v", n, err)
	}
}

func TestSetupEndsWhenAUserIsMadeElsewhere(t *testing.T) {
	e := newEnv(t)
	path := setupPath(t, e)
	e.user("boss", models.RoleAdmin) // as `wadah user add` does
	e.browser().get(path).leads(t, "/signin")
	if got := setupPath(t, e); got != "" {
		t.Errorf("the set-up link lives on: %s", got)
	}
}
