package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/modelstest"
)

func TestLanguageAndTheme(t *testing.T) {
	e := newEnv(t)
	e.user("boss", models.RoleAdmin)
	b := e.browser()
	b.lang = "id-ID,id;q=0.9,en;q=0.5"
	if got := b.get("/signin"); !strings.Contains(got.body, `<html lang="id"`) {
		t.Error("the browser's language is ignored")
	}
	b.post("/prefs", url.Values{"lang": {"en"}, "next": {"/signin"}}).leads(t, "/signin")
	if got := b.get("/signin"); !strings.Contains(got.body, `<html lang="en"`) {
		t.Error("the choice is ignored")
	}
	b.post("/prefs", url.Values{"theme": {"dark"}, "next": {"//evil.example"}}).leads(t, "/")
	if got := b.get("/signin"); !strings.Contains(got.body, `data-theme="dark"`) || !strings.Contains(got.body, `<html lang="en"`) {
		t.Error("the theme is ignored, or took the language with it")
	}
	b.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/devices")
	b.post("/prefs", url.Values{"lang": {"id"}, "next": {"/account"}}).leads(t, "/account")
	other := e.signedIn("boss")
	if got := other.get("/account"); !strings.Contains(got.body, `<html lang="id"`) {
		t.Error("the account does not keep the language")
	}
	b.post("/prefs", url.Values{"lang": {"xx"}, "theme": {"pink"}}).leads(t, "/")
	b.post("/account/prefs", url.Values{"lang": {"en"}, "theme": {"auto"}}).leads(t, "/account")
	b.get("/account").has(t, http.StatusOK, "flash")
}

func TestHeadersAndFiles(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	page := b.get("/devices")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	} {
		if got := page.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := b.get("/nothing"); got.StatusCode != 404 || got.Header.Get("Content-Security-Policy") == "" || !strings.Contains(got.body, `data-testid="signout"`) {
		t.Errorf("unknown page: %d %v", got.StatusCode, got.Header)
	}
	style := page.match(t, `href="(/static/css/wadah\.css[^"]*)"`)
	got := e.get(style)
	if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %v", style, got.StatusCode, got.Header)
	}
	r := e.request(http.MethodGet, style, nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	if small := e.send(r); small.Header.Get("Content-Encoding") != "gzip" || len(small.body) >= len(got.body) {
		t.Errorf("not compressed: %v", small.Header)
	}
	if got := e.get("/static/css/wadah.css?v=old"); got.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an outdated address may be kept: %v", got.Header)
	}
	for path, status := range map[string]int{
		"/static/": 404, "/static/css": 404, "/static/../routes.go": 404, "/static/%2e%2e/static.go": 404, "/static/nothing.css": 404,
		"/healthz": 200, "/readyz": 200, "/robots.txt": 200, "/favicon.ico": 302, "/phones": 404, "/sandbox/phones": 404,
	} {
		if got := e.get(path); got.StatusCode != status {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, status)
		}
	}
	b.post("/devices", url.Values{"name": {strings.Repeat("x", 70<<10)}}).has(t, http.StatusRequestEntityTooLarge, "error-message")
}

// A database that can be read is not enough, and strangers learn what to mend, not where.
func TestReadyMeansWritable(t *testing.T) {
	e := newEnv(t)
	e.broken = true
	mend := modelstest.Refuse(t, e.store, "INSERT ON settings WHEN (NEW.name = 'storage_probe')")
	got := e.get("/readyz")
	if got.StatusCode != http.StatusServiceUnavailable || got.body != "the database cannot be written: the storage failed\n" {
		t.Errorf("a database that takes no row: %d %q", got.StatusCode, got.body)
	}
	mend()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 { // an answer counts for a moment
		if got = e.get("/readyz"); got.StatusCode == http.StatusOK {
			return
		}
		<-tick.C
	}
	t.Errorf("afterwards: %d %q", got.StatusCode, got.body)
}

func TestNotReadyWithoutDatabase(t *testing.T) {
	e := newEnv(t)
	if err := e.store.Close(); err != nil {
		t.Fatal(err)
	}
	e.broken = true
	if got := e.get("/readyz"); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d", got.StatusCode)
	}
	if got := e.get("/healthz"); got.StatusCode != http.StatusOK {
		t.Errorf("healthz: %d", got.StatusCode)
	}
	got := e.get("/signin")
	if got.StatusCode != http.StatusServiceUnavailable || strings.Contains(got.body, "sql") {
		t.Errorf("signin: %d %s", got.StatusCode, got.body)
	}
}
