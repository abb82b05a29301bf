package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/models"
)

func TestSignIn(t *testing.T) {
	e := newEnv(t)
	e.user("boss", models.RoleAdmin)
	b := e.browser()
	b.get("/devices?q=a").leads(t, "/signin?next=%2Fdevices%3Fq%3Da")
	b.get("/signin").has(t, http.StatusOK, "signin-name", "signin-password", "signin-submit")

	wrong := b.post("/signin", url.Values{"name": {"boss"}, "password": {"x"}})
	unknown := b.post("/signin", url.Values{"name": {"boxx"}, "password": {"x"}})
	wrong.has(t, http.StatusUnprocessableEntity, "error-message")
	if strings.ReplaceAll(unknown.body, "boxx", "boss") != wrong.body || unknown.StatusCode != wrong.StatusCode {
		t.Error("an unknown account looks different from a wrong password")
	}

	for next, want := range map[string]string{
		"/devices?q=a": "/devices?q=a", "": "/devices", "https://evil.example/": "/devices", "//evil.example": "/devices",
		"/\\evil.example": "/devices", "javascript:alert(1)": "/devices", "devices": "/devices",
	} {
		got := e.browser().post("/signin", url.Values{"name": {"BOSS"}, "password": {password}, "next": {next}})
		got.leads(t, want)
		cookie := got.Cookies()[0]
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure || len(cookie.Value) < 32 {
			t.Errorf("cookie %+v", cookie)
		}
	}

	// The token is a new one at each sign-in, and the one before is over.
	b.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/devices")
	site, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	old := b.client.Jar.Cookies(site)[0]
	b.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/devices")
	r := e.request(http.MethodGet, "/devices", nil)
	r.AddCookie(old)
	e.send(r).leads(t, "/signin?next=%2Fdevices")
	b.get("/signin").leads(t, "/devices")
	out := b.post("/signout", nil)
	out.leads(t, "/signin")
	for _, c := range out.Cookies() {
		if dropped := c.Name == "wadah_login"; dropped != (c.MaxAge < 0) {
			t.Errorf("after signing out the cookie %s lasts %d s", c.Name, c.MaxAge)
		}
	}
	b.get("/devices").leads(t, "/signin?next=%2Fdevices")
	b.get("/signin").has(t, http.StatusOK, "flash")
}

func TestSecureCookies(t *testing.T) {
	public, err := url.Parse("https://wa.example.org")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(e *env, change func(*http.Request)) *http.Cookie {
		t.Helper()
		r := e.form("/signin", url.Values{"name": {"boss"}, "password": {password}})
		change(r)
		got := e.send(r)
		got.leads(t, "/devices")
		return got.Cookies()[0]
	}
	e := newEnv(t, func(c *handlers.Config) { c.PublicURL = public })
	e.user("boss", models.RoleAdmin)
	if !sign(e, header("Origin", "https://wa.example.org")).Secure {
		t.Error("not Secure although the public URL is https")
	}
	e = newEnv(t, func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	e.user("boss", models.RoleAdmin)
	if !sign(e, header("X-Forwarded-Proto", "https")).Secure {
		t.Error("not Secure although a trusted proxy says https")
	}
	e = newEnv(t)
	e.user("boss", models.RoleAdmin)
	if sign(e, header("X-Forwarded-Proto", "https")).Secure {
		t.Error("a stranger's header is believed")
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	e := newEnv(t)
	e.stopClock()
	e.user("boss", models.RoleAdmin)
	b := e.browser()
	for range 5 {
		b.post("/signin", url.Values{"name": {"boss"}, "password": {"x"}}).has(t, http.StatusUnprocessableEntity)
	}
	got := b.post("/signin", url.Values{"name": {"boss"}, "password": {password}})
	got.has(t, http.StatusTooManyRequests, "error-message")
	wait, err := time.ParseDuration(got.Header.Get("Retry-After") + "s")
	if err != nil || wait <= 0 {
		t.Fatalf("Retry-After %q", got.Header.Get("Retry-After"))
	}
	e.later.Add(int64(wait))
	b.post("/signin", url.Values{"name": {"boss"}, "password": {password}}).leads(t, "/devices")
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	for _, path := range []string{"/devices", "/devices/" + id + "/start", "/signout", "/prefs", "/account/password"} {
		for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			r := e.form(path, url.Values{"name": {"x"}})
			r.Header.Set(h[0], h[1])
			b.do(r).has(t, http.StatusForbidden, "error-message")
		}
	}
	if snap, err := e.manager.Snapshot(id); err != nil || snap.Desired || len(e.manager.Snapshots()) != 1 {
		t.Error("a cross-site request changed something")
	}
}
