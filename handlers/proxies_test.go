package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/models"
)

// believing trusts the tests themselves as a proxy.
func believing(c *handlers.Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
}

// A refusal of another origin says what was seen and which setting mends it, on the page,
// in the notice that htmx shows, and in the log.
func TestCrossSiteRefusalExplains(t *testing.T) {
	for name, test := range map[string]struct {
		config func(*handlers.Config)
		header [2]string
		origin string
		says   []string
	}{
		"a proxy that changes the Host": {
			func(*handlers.Config) {},
			[2]string{"X-Other", "x"},
			"http://gateway.lan",
			[]string{"http://gateway.lan", "127.0.0.1:", "WADAH_PUBLIC_URL=http://gateway.lan", "Host header"},
		},
		"a proxy that is not trusted": {
			func(*handlers.Config) {},
			[2]string{"X-Forwarded-Host", "gateway.lan:81"},
			"http://gateway.lan:81",
			[]string{"http://gateway.lan:81", "127.0.0.1:", "WADAH_TRUSTED_PROXIES=127.0.0.1"},
		},
		"a second proxy": {
			func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32")} },
			[2]string{"X-Forwarded-Host", "gateway.lan"},
			"http://gateway.lan",
			[]string{"WADAH_TRUSTED_PROXIES=10.1.2.3,127.0.0.1", "127.0.0.1:"},
		},
		"a trusted proxy that was asked for something else": {
			believing,
			[2]string{"X-Forwarded-Host", "gateway.lan"},
			"http://evil.example",
			[]string{"http://evil.example", "gateway.lan", "WADAH_PUBLIC_URL=http://evil.example"},
		},
		"a browser that hides where it comes from": {
			func(*handlers.Config) {},
			[2]string{"X-Other", "x"},
			"null",
			[]string{"does not say where", "127.0.0.1:", "make an exception"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.config)
			e.user("boss", models.RoleAdmin)
			ask := func(fragment bool) answer {
				r := e.form("/signin", url.Values{"name": {"boss"}, "password": {password}})
				r.Header.Set("Origin", test.origin)
				r.Header.Set(test.header[0], test.header[1])
				if fragment {
					r.Header.Set("HX-Request", "true")
				}
				return e.browser().do(r)
			}
			page, notice := ask(false), ask(true)
			page.has(t, http.StatusForbidden, "error-message", "error-advice")
			notice.has(t, http.StatusForbidden, "flash")
			for _, part := range test.says {
				if !strings.Contains(page.body, part) || !strings.Contains(notice.body, part) {
					t.Errorf("%q is missing on the page or in the notice:\n%s", part, notice.body)
				}
			}
			log := e.logged.String()
			if strings.Count(log, "a form from another origin was refused") != 2 ||
				!strings.Contains(log, "origin="+test.origin) || !strings.Contains(log, "host="+test.says[1]) {
				t.Errorf("the log says %s", log)
			}
		})
	}
}

// The origin is somebody else's text: it is shown as such, and not at any length.
func TestCrossSiteRefusalQuotes(t *testing.T) {
	e := newEnv(t)
	r := e.form("/signin", nil)
	r.Header.Set("Origin", "http://<b>"+strings.Repeat("x", 20000))
	if got := e.browser().do(r); got.StatusCode != http.StatusForbidden || len(got.body) > 10000 || strings.Contains(got.body, "<b>") {
		t.Errorf("%d, %d bytes", got.StatusCode, len(got.body))
	}
}

// A trusted proxy says under which host it was asked; from anybody else that counts for
// nothing.
func TestForwardedHost(t *testing.T) {
	for name, test := range map[string]struct {
		config    func(*handlers.Config)
		forwarded string
		want      int
	}{
		"trusted":          {believing, "gateway.lan:81", http.StatusSeeOther},
		"trusted, of two":  {believing, "gateway.lan:81, inner", http.StatusSeeOther},
		"trusted, no host": {believing, "gateway.lan:81/x", http.StatusForbidden},
		"trusted, another": {believing, "gateway.lan", http.StatusForbidden},
		"anybody":          {func(*handlers.Config) {}, "gateway.lan:81", http.StatusForbidden},
		"trusted, nothing": {believing, "", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.config)
			e.user("boss", models.RoleAdmin)
			r := e.form("/signin", url.Values{"name": {"boss"}, "password": {password}})
			r.Header.Set("Origin", "http://gateway.lan:81")
			r.Header.Set("X-Forwarded-Host", test.forwarded)
			if got := e.send(r); got.StatusCode != test.want {
				t.Errorf("%d, want %d", got.StatusCode, test.want)
			}
		})
	}
}

// A proxy that is not trusted is told of once, in the log and under Settings.
func TestUntrustedProxyIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		config func(*handlers.Config)
		header [2]string
		told   bool
	}{
		"X-Forwarded-For":       {func(*handlers.Config) {}, [2]string{"X-Forwarded-For", "203.0.113.5"}, true},
		"Forwarded":             {func(*handlers.Config) {}, [2]string{"Forwarded", "for=203.0.113.5"}, true},
		"X-Real-IP":             {func(*handlers.Config) {}, [2]string{"X-Real-IP", "203.0.113.5"}, true},
		"a proxy that is known": {believing, [2]string{"X-Forwarded-For", "203.0.113.5"}, false},
		"a client's own proxy":  {func(*handlers.Config) {}, [2]string{"Via", "1.1 office"}, false},
		"none":                  {func(*handlers.Config) {}, [2]string{"X-Other", "x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.config)
			b := e.admin()
			for range 3 {
				r := e.request(http.MethodGet, "/healthz", nil)
				r.Header.Set(test.header[0], test.header[1])
				e.send(r)
			}
			page := b.get("/settings")
			if shown := strings.Contains(page.body, "untrusted-proxy") && strings.Contains(page.body, "WADAH_TRUSTED_PROXIES=127.0.0.1"); shown != test.told {
				t.Errorf("the settings show it: %v", shown)
			}
			if told := strings.Count(e.logged.String(), "proxy that is not trusted"); (told == 1) != test.told || told > 1 {
				t.Errorf("the log says it %d times", told)
			}
		})
	}
}
