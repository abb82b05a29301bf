package handlers_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/models"
)

// Every route answers with the headers of its kind, whatever its status.
func TestHeadersOfEveryRoute(t *testing.T) {
	e := newEnv(t)
	e.user("boss", models.RoleAdmin)
	fill := strings.NewReplacer(":id", "06h0d6kr2sob0prs6bqba3304o", ":action", "logout", "*", "x")
	for _, r := range e.server.Routes() {
		if r.May == "loopback" || r.Path == "/signout" {
			continue
		}
		req := e.form(fill.Replace(r.Path), url.Values{})
		if req.Method = r.Method; r.Method != http.MethodPost {
			req = e.request(r.Method, fill.Replace(r.Path), nil)
		}
		got := e.send(req)
		want := map[string]string{"X-Content-Type-Options": "nosniff"}
		switch r.May {
		case "key", "secret":
			want["Cache-Control"] = "no-store"
		default:
			want["X-Frame-Options"], want["Referrer-Policy"] = "DENY", "same-origin"
			want["Cross-Origin-Opener-Policy"], want["Cross-Origin-Resource-Policy"] = "same-origin", "same-origin"
			if csp := got.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") ||
				!strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s %s: Content-Security-Policy %q", r.Method, r.Path, csp)
			}
			if policy := got.Header.Get("Permissions-Policy"); !strings.Contains(policy, "camera=()") {
				t.Errorf("%s %s: Permissions-Policy %q", r.Method, r.Path, policy)
			}
		}
		for name, value := range want {
			if got.Header.Get(name) != value {
				t.Errorf("%s %s: %s is %q, want %q", r.Method, r.Path, name, got.Header.Get(name), value)
			}
		}
		if got.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s %s: HSTS without TLS", r.Method, r.Path)
		}
	}
}

// HSTS and Secure follow the way the browser came: over TLS to us, over TLS to a
// configured proxy, or to a public address with https.
func TestTransportSecurity(t *testing.T) {
	proxy := netip.MustParsePrefix("10.0.0.0/8")
	public, err := url.Parse("https://wa.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		config func(*handlers.Config)
		peer   string
		proto  string
		tls    bool
		want   bool
	}{
		"plain":                    {func(*handlers.Config) {}, "192.0.2.1:1", "", false, false},
		"plain, a forged header":   {func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{proxy} }, "192.0.2.1:1", "https", false, false},
		"TLS":                      {func(*handlers.Config) {}, "192.0.2.1:1", "", true, true},
		"TLS to a proxy":           {func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{proxy} }, "10.0.0.1:1", "https", false, true},
		"TLS to the first of two":  {func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{proxy} }, "10.0.0.1:1", "https, http", false, true},
		"plain to a proxy":         {func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{proxy} }, "10.0.0.1:1", "http", false, false},
		"a public address with it": {func(c *handlers.Config) { c.PublicURL = public }, "192.0.2.1:1", "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.config)
			e.user("boss", models.RoleAdmin)
			r := httptest.NewRequest(http.MethodPost, "/signin", strings.NewReader(url.Values{"name": {"boss"}, "password": {password}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Host, r.RemoteAddr = "wa.example.org", test.peer
			if test.proto != "" {
				r.Header.Set("X-Forwarded-Proto", test.proto)
			}
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			e.server.Handler().ServeHTTP(w, r)
			if got := w.Header().Get("Strict-Transport-Security") != ""; got != test.want {
				t.Errorf("HSTS is sent: %v, want %v", got, test.want)
			}
			cookies := w.Result().Cookies()
			if w.Code != http.StatusSeeOther || len(cookies) == 0 {
				t.Fatalf("sign-in: %d", w.Code)
			}
			for _, c := range cookies {
				if c.Name == "wadah_login" && c.Secure != test.want {
					t.Errorf("the cookie is Secure: %v, want %v", c.Secure, test.want)
				}
			}
		})
	}
}
