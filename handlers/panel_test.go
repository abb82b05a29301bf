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
	"wadah/session"
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
	b.post("/signout", nil).leads(t, "/signin")
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
	e.user("boss", models.RoleAdmin)
	b := e.browser()
	for range 5 {
		b.post("/signin", url.Values{"name": {"boss"}, "password": {"x"}}).has(t, http.StatusUnprocessableEntity)
	}
	got := b.post("/signin", url.Values{"name": {"boss"}, "password": {password}})
	got.has(t, http.StatusTooManyRequests, "error-message")
	if got.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestCrossSiteWritesAreRefused(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	for _, path := range []string{"/devices", "/devices/" + id + "/start", "/signout", "/prefs", "/account/password"} {
		for _, h := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
			r := e.form(path, url.Values{"name": {"x"}})
			r.Header.Set(h[0], h[1])
			b.do(r).has(t, http.StatusForbidden, "error-message")
		}
	}
	if snap, err := e.manager.Snapshot(id); err != nil || snap.Desired || len(e.manager.Snapshots()) != 1 {
		t.Error("a cross-site request changed something")
	}
}

func TestPagesWithoutScripts(t *testing.T) {
	e := newEnv(t)
	b := e.admin()
	b.get("/").leads(t, "/devices")
	b.get("/devices").has(t, http.StatusOK, "devices-empty", "add-device-name")
	b.post("/devices", url.Values{"name": {" "}}).has(t, http.StatusUnprocessableEntity, "error-message")
	to := b.post("/devices", url.Values{"name": {"Kasir"}}).Header.Get("Location")
	id := strings.TrimPrefix(to, "/devices/")
	b.get(to).has(t, http.StatusOK, "flash", "device-state", "start", "timeline", "rename-name", "key-reveal", "curl-line", "logout", "delete")
	b.post("/devices", url.Values{"name": {"kasir"}}).has(t, http.StatusUnprocessableEntity, "error-message")

	b.post(to+"/start", nil).leads(t, to)
	e.await(id, session.StateScan)
	b.get(to).has(t, http.StatusOK, "device-qr", "device-qr-countdown", "stop", "restart")
	qr := b.get(to + "/qr.png")
	if qr.StatusCode != http.StatusOK || qr.Header.Get("Content-Type") != "image/png" || qr.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("qr.png: %d %v", qr.StatusCode, qr.Header)
	}
	b.post(to+"/pair", url.Values{"phone": {"12"}}).has(t, http.StatusUnprocessableEntity, "pair-phone-number")
	b.post(to+"/pair", url.Values{"phone": {"0812-3456-7890"}}).leads(t, to)
	b.get(to).has(t, http.StatusOK, "pair-phone-code")
	b.post(to+"/restart", nil).leads(t, to)
	e.await(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	if got := b.get(to); !strings.Contains(got.body, `data-state="CONNECTED" data-reason="ready"`) {
		t.Error("the page does not say that the device is connected")
	}
	b.post(to+"/pair", url.Values{"phone": {"081234567890"}}).has(t, http.StatusUnprocessableEntity)
	b.post(to+"/rename", url.Values{"name": {strings.Repeat("x", 61)}}).has(t, http.StatusUnprocessableEntity, "error-message")
	b.post(to+"/rename", url.Values{"name": {" Gudang "}}).leads(t, to)
	b.get(to).has(t, http.StatusOK, "flash")
	b.post(to+"/default", url.Values{"on": {"true"}}).leads(t, to)
	if snap, err := e.manager.Snapshot(id); err != nil || !snap.Default || snap.Name != "Gudang" {
		t.Errorf("%+v %v", snap, err)
	}
	b.post(to+"/default", url.Values{"on": {"false"}}).leads(t, to)

	// The row's buttons come back to the list.
	b.post(to+"/stop", url.Values{"next": {"/devices"}}).leads(t, "/devices")
	e.await(id, session.StateOff)
	b.get("/devices").has(t, http.StatusOK, "device-row", "device-link", "device-state", "flash")
	b.get("/devices?q=nothing").has(t, http.StatusOK, "filter-clear")
	b.get("/devices?q=0812-345").has(t, http.StatusOK, "device-row")
	b.get("/devices?state=SERVICE_OFF&q=GUD").has(t, http.StatusOK, "device-row")

	b.post(to+"/passkey", url.Values{"response": {"{}"}}).leads(t, to)
	b.get(to).has(t, http.StatusOK, "flash")

	b.post(to+"/logout", nil).leads(t, to+"/confirm/logout")
	b.get(to+"/confirm/logout").has(t, http.StatusOK, "logout-confirm")
	b.post(to+"/logout", url.Values{"confirm": {"yes"}}).leads(t, to)
	b.post(to+"/delete", nil).leads(t, to+"/confirm/delete")
	b.get(to+"/confirm/delete").has(t, http.StatusOK, "delete-confirm")
	b.get(to+"/confirm/nothing").has(t, http.StatusNotFound)
	b.post(to+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/devices")
	b.get("/devices").has(t, http.StatusOK, "flash", "devices-empty")
	b.get(to).has(t, http.StatusNotFound, "error-message")
	b.post(to+"/start", nil).has(t, http.StatusNotFound, "error-message")
}

func TestRevealIsAudited(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	if got := b.get("/devices/" + id); strings.Contains(got.body, key) {
		t.Error("the key stands on the page")
	}
	if got := b.post("/devices/"+id+"/reveal", nil); !strings.Contains(got.body, key) || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	got := b.fragment("/devices/"+id+"/reveal", nil)
	if !strings.Contains(got.body, key) || !strings.HasPrefix(got.body, "<hx-partial") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	entries, err := e.store.Audit(t.Context(), models.AuditFilter{Action: "key.reveal"})
	if err != nil || len(entries) != 2 || entries[0].Actor != "boss" || entries[0].DeviceID != id || entries[0].Address != "127.0.0.1" {
		t.Errorf("%+v %v", entries, err)
	}
	_, other := e.device("Gudang")
	keys, err := e.store.Keys(t.Context(), e.manager.Snapshots()[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.post("/devices/"+id+"/reveal", url.Values{"key": {keys[0].ID}}); got.StatusCode != 404 || strings.Contains(got.body, other) {
		t.Errorf("another device's key is revealed: %d", got.StatusCode)
	}
}

func TestFragments(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	got := b.fragment("/devices/"+id+"/start", nil)
	// The state comes through the stream alone: an answer could overtake it.
	if got.StatusCode != http.StatusOK || strings.Contains(got.body, "<html") || strings.Contains(got.body, "device-state") ||
		!strings.Contains(got.body, `hx-target="#notices"`) {
		t.Errorf("not just a fragment: %d %s", got.StatusCode, got.body)
	}
	e.await(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	e.driver.Conn(id).Send(session.SignalBanned{Code: 101, Expire: time.Hour})
	e.await(id, session.StateOff)
	got = b.fragment("/devices/"+id+"/start", nil)
	got.has(t, http.StatusConflict, "flash")
	if strings.Contains(got.body, "<html") {
		t.Error("a whole page instead of a notice")
	}
	if b.post("/devices/"+id+"/start", nil).leads(t, "/devices/"+id); !strings.Contains(b.get("/devices/"+id).body, `data-testid="flash"`) {
		t.Error("the page does not say why the device cannot be started")
	}
	b.fragment("/devices/x/start", nil).has(t, http.StatusNotFound, "flash")
	out := e.browser().fragment("/devices/"+id+"/start", nil)
	if out.StatusCode != http.StatusUnauthorized || out.Header.Get("HX-Redirect") != "/signin" {
		t.Errorf("signed out: %d %v", out.StatusCode, out.Header)
	}
}

func TestRoles(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	admin := e.admin()
	e.user("run", models.RoleOperator)
	e.user("look", models.RoleViewer)
	operator, viewer := e.signedIn("run"), e.signedIn("look")
	to := "/devices/" + id
	for _, c := range []struct {
		path           string
		viewer, runner int
	}{
		{to + "/start", 403, 303},
		{to + "/stop", 403, 303},
		{to + "/restart", 403, 303},
		{to + "/logout", 403, 303},
		{to + "/reveal", 403, 200},
		{to + "/pair", 403, 422},
		{to + "/passkey", 403, 303},
		{to + "/passkey-confirm", 403, 303},
		{to + "/rename", 403, 403},
		{to + "/default", 403, 403},
		{to + "/delete", 403, 403},
		{"/devices", 403, 403},
		{"/prefs", 303, 303},
		{"/account/password", 422, 422},
	} {
		if got := viewer.post(c.path, nil).StatusCode; got != c.viewer {
			t.Errorf("viewer %s: %d, want %d", c.path, got, c.viewer)
		}
		if got := operator.post(c.path, nil).StatusCode; got != c.runner {
			t.Errorf("operator %s: %d, want %d", c.path, got, c.runner)
		}
		if got := admin.post(c.path, nil).StatusCode; got == 403 {
			t.Errorf("admin %s: %d", c.path, got)
		}
		if got := e.browser().post(c.path, nil); c.path != "/prefs" && got.Header.Get("Location") != "/signin" {
			t.Errorf("nobody %s: %d", c.path, got.StatusCode)
		}
	}
	for _, page := range []string{"/devices", to, "/account"} {
		viewer.get(page).has(t, http.StatusOK)
	}
	if got := operator.get(to + "/confirm/delete"); got.StatusCode != http.StatusForbidden {
		t.Errorf("operator may confirm a deletion: %d", got.StatusCode)
	}
}

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
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
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
