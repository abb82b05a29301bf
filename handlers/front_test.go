package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/handlers/limit"
	"wadah/models"
	"wadah/session"
)

// Addresses that programs have glued together are the call they mean; everything under
// /api is answered in JSON, however it is spelled.
func TestSpellingsOfCalls(t *testing.T) {
	e := newEnv(t)
	_, key := e.device("Kasir")
	for path, want := range map[string]int{
		"/api/getState": 200, "//api/getState": 200, "/api//getState": 200, "/api/getState/": 200, "///api///getState//": 200,
		"//api/listDevice/": 404, "//api/unknown": 404, "/api/": 404, "//api": 404, "/api//": 404, "/api/get//State": 404,
		"/api%2FgetState": 404, "/api/%2FgetState": 404,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead} {
			r := e.request(method, path, nil)
			r.Header.Set("X-Api-Key", key)
			got := e.send(r)
			if got.StatusCode != want || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: %d %s, want %d in JSON", method, path, got.StatusCode, got.Header.Get("Content-Type"), want)
			}
		}
	}
	if got := e.get("//devices"); got.StatusCode != http.StatusNotFound {
		t.Errorf("the panel has another spelling: %d", got.StatusCode)
	}
}

// HEAD is GET without the body, wherever there is GET: the same status and headers, and a
// stream's ends at once.
func TestHeadWhereverGet(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	e.user("boss", models.RoleAdmin)
	id, key := e.device("Kasir")
	e.start(id, session.StateScan)
	fill := strings.NewReplacer(":id", id, ":action", "logout", "*", "js/wadah.js")
	streams := []string{"/events", "/api/events", "/scan/:token/events"}
	for name, b := range map[string]*browser{"a stranger": e.browser(), "an admin": e.signedIn("boss")} {
		walked := 0
		for _, r := range e.server.Routes() {
			if r.Method != http.MethodGet {
				continue
			}
			path := fill.Replace(r.Path)
			switch r.Path {
			case "/events":
				path += "?page=devices"
			case "/api/getQR":
				path += "?wait=0&apiKey=" + key
			case "/api/events", "/api/getState", "/api/getDevice":
				path += "?apiKey=" + key
			}
			head := b.do(e.request(http.MethodHead, path, nil))
			if head.body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
			walked++
			if slices.Contains(streams, r.Path) {
				if head.StatusCode == http.StatusMethodNotAllowed {
					t.Errorf("%s: HEAD %s: %d", name, path, head.StatusCode)
				}
				continue
			}
			got := b.do(e.request(http.MethodGet, path, nil))
			if head.StatusCode != got.StatusCode || head.Header.Get("Content-Type") != got.Header.Get("Content-Type") ||
				head.Header.Get("Location") != got.Header.Get("Location") {
				t.Errorf("%s: HEAD %s: %d %v\nGET: %d %v", name, path, head.StatusCode, head.Header, got.StatusCode, got.Header)
			}
		}
		if walked < 40 {
			t.Errorf("only %d routes were walked", walked)
		}
	}
	if n := e.server.Streams(); n != 0 {
		t.Errorf("%d streams are open", n)
	}
}

const shop = "https://shop.example.org"

// Without a list no page of another site reads an answer; with one those that are named
// do, of the API alone, and with a key.
func TestCORS(t *testing.T) {
	ask := func(e *env, method, path, origin string) answer {
		r := e.request(method, path, nil)
		r.Header.Set("Origin", origin)
		if method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "x-api-key")
		}
		return e.send(r)
	}
	off := newEnv(t)
	for _, method := range []string{http.MethodGet, http.MethodOptions} {
		got := ask(off, method, "/api/getState", shop)
		for name := range got.Header {
			if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
				t.Errorf("without a list, %s: %s: %s", method, name, got.Header.Get(name))
			}
		}
	}

	e := limited(t, func(l *limit.Limits) { l.KeyRate, l.KeyBurst = 1, 1 }, func(c *handlers.Config) { c.CORSOrigins = []string{"http://x.example", shop} })
	id, key := e.device("Kasir")
	if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		method, path, origin string
		status               int
		allowed              bool
	}{
		"a call":                {http.MethodGet, "/api/getState?apiKey=" + key, shop, 200, true},
		"one too many":          {http.MethodGet, "/api/getState?apiKey=" + key, shop, 429, true},
		"a wrong key":           {http.MethodGet, "/api/getState?apiKey=x", shop, 401, true},
		"no key":                {http.MethodGet, "/api/getState", shop, 401, true}, // the default device is not for pages
		"an unknown call":       {http.MethodPost, "//api/nothing", shop, 404, true},
		"a preflight":           {http.MethodOptions, "/api/getState", shop, 204, true},
		"another site":          {http.MethodGet, "/api/getState?apiKey=x", "https://evil.example", 401, false},
		"another port":          {http.MethodGet, "/api/getState?apiKey=x", shop + ":8443", 401, false},
		"a hidden origin":       {http.MethodGet, "/api/getState?apiKey=x", "null", 401, false},
		"another's preflight":   {http.MethodOptions, "/api/getState", "https://evil.example", 204, false},
		"the panel":             {http.MethodGet, "/signin", shop, 303, false},
		"the panel's preflight": {http.MethodOptions, "/signin", shop, 204, false},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "one too many" {
				ask(e, test.method, test.path, test.origin)
			}
			got := ask(e, test.method, test.path, test.origin)
			want := ""
			if test.allowed {
				want = test.origin
			}
			if got.Header.Get("Access-Control-Allow-Origin") != want || got.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%v", got.Header)
			}
			if got.StatusCode != test.status && (name != "a call" || got.StatusCode != http.StatusTooManyRequests) {
				t.Errorf("%d, want %d", got.StatusCode, test.status)
			}
			if api := strings.Contains(test.path, "/api/"); api != (got.Header.Get("Vary") == "Origin") {
				t.Errorf("Vary is %q", got.Header.Get("Vary"))
			}
			if test.allowed && test.status == http.StatusNoContent && !strings.Contains(got.Header.Get("Access-Control-Allow-Headers"), "X-Api-Key") {
				t.Errorf("%v", got.Header)
			}
		})
	}
}

// With a public URL other host names are refused, in words on a page and in JSON by the
// API, but not to monitors. Addresses and localhost are no names that somebody else can
// make lead here.
func TestOtherHosts(t *testing.T) {
	also, err := url.Parse("http://wadah:8080")
	if err != nil {
		t.Fatal(err)
	}
	without := newEnv(t)
	with := newEnv(t, public(t, "https://wa.example.org"), func(c *handlers.Config) { c.AlsoURLs = []*url.URL{also} })
	for name, test := range map[string]struct {
		host    string
		refused bool
	}{
		"the public name":     {"wa.example.org", false},
		"with its port":       {"wa.example.org:443", false},
		"in capitals":         {"WA.Example.org", false},
		"with the final dot":  {"wa.example.org.", false},
		"the other one":       {"wadah:8080", false},
		"an address":          {"192.0.2.7:8080", false},
		"an IPv6 address":     {"[2001:db8::1]:8080", false},
		"localhost":           {"localhost:8080", false},
		"another name":        {"evil.example", true},
		"a longer name":       {"wa.example.org.evil.example", true},
		"a look-alike":        {"127.0.0.1.evil.example:8080", true},
		"a name of a network": {"gateway.lan", true},
	} {
		t.Run(name, func(t *testing.T) {
			for path, status := range map[string]int{"/setup": 403, "/api/getState": 401, "/api/listDevice": 404, "/healthz": 200, "/readyz": 200} {
				ask := func(e *env) answer {
					r := e.request(http.MethodGet, path, nil)
					r.Host = test.host
					return e.send(r)
				}
				if got := ask(without); got.StatusCode != status {
					t.Errorf("without a public URL %s: %d, want %d", path, got.StatusCode, status)
				}
				got := ask(with)
				if !test.refused || status == http.StatusOK {
					if got.StatusCode != status {
						t.Errorf("%s: %d, want %d", path, got.StatusCode, status)
					}
					continue
				}
				says := []string{"https://wa.example.org", test.host}
				if strings.HasPrefix(path, "/api/") {
					says = []string{`"error":"wrong_host"`}
				}
				for _, part := range says {
					if got.StatusCode != http.StatusMisdirectedRequest || !strings.Contains(got.body, part) {
						t.Errorf("%s: %d without %q:\n%s", path, got.StatusCode, part, got.body)
					}
				}
			}
		})
	}
}

// Where a browser cannot keep a login, the sign-in page says where it can.
func TestSignInWhereLoginsAreKept(t *testing.T) {
	for name, test := range map[string]struct {
		public, host, proto string
		told                bool
	}{
		"by address, plain":        {"https://wa.example.org", "192.0.2.7:8080", "", true},
		"by address, TLS in front": {"https://wa.example.org", "192.0.2.7:8080", "https", false},
		"the public name":          {"https://wa.example.org", "wa.example.org", "", false},
		"this machine":             {"https://wa.example.org", "localhost:8080", "", false},
		"no https anywhere":        {"http://gateway.lan", "192.0.2.7:8080", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, public(t, test.public), believing)
			e.user("boss", models.RoleAdmin)
			for _, form := range []url.Values{nil, {"name": {"boss"}, "password": {"wrong"}}} {
				r := e.request(http.MethodGet, "/signin", nil)
				if form != nil {
					r = e.form("/signin", form)
				}
				r.Host = test.host
				r.Header.Set("X-Forwarded-Proto", test.proto)
				if got := e.browser().do(r); strings.Contains(got.body, "signin-elsewhere") != test.told {
					t.Errorf("told: %v\n%s", !test.told, got.body)
				}
			}
		})
	}
}
