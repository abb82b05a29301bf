package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"testing"

	"wadah/handlers"
	"wadah/models"
	"wadah/session"
)

func TestDefaultDevice(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("one")
	e.get("/api/getState").fails(t, 401, "unauthorized")
	if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	if got := e.get("/api/getState"); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	e.get("/api/getState?apiKey=x").fails(t, 401, "unauthorized")

	for name, change := range map[string]func(*http.Request){
		"X-Forwarded-For":   header("X-Forwarded-For", "127.0.0.1"),
		"X-Forwarded-Host":  header("X-Forwarded-Host", "localhost"),
		"X-Forwarded":       header("X-Forwarded", "for=127.0.0.1"),
		"Forwarded":         header("Forwarded", "for=127.0.0.1"),
		"Via":               header("Via", "1.1 proxy"),
		"X-Real-IP":         header("X-Real-IP", "127.0.0.1"),
		"another site":      header("Sec-Fetch-Site", "cross-site"),
		"a sibling site":    header("Sec-Fetch-Site", "same-site"),
		"another origin":    header("Origin", "https://evil.example"),
		"a hidden origin":   header("Origin", "null"),
		"another referer":   header("Referer", "https://evil.example/"),
		"a rebound name":    func(r *http.Request) { r.Host = "evil.example:8080" },
		"a look-alike name": func(r *http.Request) { r.Host = "localhost.evil.example" },
	} {
		t.Run(name, func(t *testing.T) {
			r := e.request(http.MethodGet, "/api/getState", nil)
			change(r)
			e.send(r).fails(t, 401, "unauthorized")
		})
	}
	for name, change := range map[string]func(*http.Request){
		"own page":  header("Sec-Fetch-Site", "same-origin"),
		"typed":     header("Sec-Fetch-Site", "none"),
		"localhost": func(r *http.Request) { r.Host = "localhost:8080" },
		"IPv6":      func(r *http.Request) { r.Host = "[::1]:8080" },
		"no port":   func(r *http.Request) { r.Host = "127.0.0.1" },
	} {
		t.Run(name, func(t *testing.T) {
			r := e.request(http.MethodGet, "/api/getState", nil)
			change(r)
			if got := e.send(r); got.StatusCode != http.StatusOK {
				t.Errorf("%d %s", got.StatusCode, got.body)
			}
		})
	}
}

// A default device answers nobody when people come through a proxy, whatever the request
// looks like.
func TestDefaultDeviceBehindAProxy(t *testing.T) {
	for name, test := range map[string]struct {
		config func(*handlers.Config)
		want   int
	}{
		"trusted proxies":   {func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }, http.StatusUnauthorized},
		"a public URL":      {public(t, "https://wa.example.org"), http.StatusUnauthorized},
		"a name on the LAN": {public(t, "http://gateway.lan"), http.StatusUnauthorized},
		"a local URL":       {public(t, "http://localhost:8080"), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnv(t, test.config, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
			id, _ := e.device("one")
			if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
				t.Fatal(err)
			}
			if got := e.get("/api/getQR?wait=0"); (got.StatusCode == http.StatusUnauthorized) != (test.want == http.StatusUnauthorized) {
				t.Errorf("getQR: %d", got.StatusCode)
			}
			if got := e.get("/api/getState"); got.StatusCode != test.want {
				t.Errorf("getState: %d, want %d", got.StatusCode, test.want)
			}
			if got := e.get("/sandbox/phones"); (got.StatusCode == http.StatusOK) != (test.want == http.StatusOK) {
				t.Errorf("the sandbox's control: %d", got.StatusCode)
			}
		})
	}
}

// public is a public URL.
func public(t *testing.T, address string) func(*handlers.Config) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return func(c *handlers.Config) { c.PublicURL = u }
}

// A link in a mail, followed on the machine Wadah runs on, changes nothing; whoever has a
// key may type the call into a browser.
func TestNavigationChangesNothing(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("one")
	if _, err := e.manager.SetDefaultDevice(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	// Whatever is not known to change nothing must be refused.
	reads := []string{
		"/api/getQR", "/api/getState", "/api/getWWebVersion", "/api/getDevice", "/api/getPasskeyRequest",
		"/api/getEvents", "/api/getMessages", "/api/getMessageStatus", "/api/getLimits",
		"/api/listWebhook", "/api/listWebhookDelivery",
	}
	browsers := map[string]func(*http.Request){
		"a browser": func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "none")
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("Sec-Fetch-Dest", "document")
		},
		"an old browser": header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
	}
	for name, navigates := range browsers {
		for _, call := range e.server.Routes() {
			if call.May != "key" || call.Path == "/api/events" {
				continue
			}
			r := e.request(call.Method, call.Path, nil)
			navigates(r)
			got := e.send(r)
			if refused := got.StatusCode == http.StatusUnauthorized; refused == slices.Contains(reads, call.Path) {
				t.Errorf("%s asks %s %s: %d", name, call.Method, call.Path, got.StatusCode)
			}
		}
		if snap, err := e.manager.Snapshot(id); err != nil || snap.Desired {
			t.Fatalf("%s has changed the device: %+v, %v", name, snap, err)
		}
	}
	r := e.request(http.MethodGet, "/api/serviceStart?apiKey="+key, nil)
	browsers["a browser"](r)
	if got := e.send(r); got.StatusCode != http.StatusOK {
		t.Errorf("with the key: %d %s", got.StatusCode, got.body)
	}
	if got := e.get("/api/serviceDestroy"); got.StatusCode != http.StatusOK {
		t.Errorf("a program of this machine: %d %s", got.StatusCode, got.body)
	}
}

// A stream that was opened without a key ends when the device is no longer the default,
// before it tells anything more.
func TestKeylessStreamEndsWithTheDefault(t *testing.T) {
	e := newEnv(t)
	one, _ := e.device("one")
	two, _ := e.device("two")
	e.user("boss", models.RoleAdmin)
	b := e.signedIn("boss")
	for name, end := range map[string]func(){
		"taken away": func() {
			b.post("/devices/"+one+"/default", url.Values{"on": {"false"}}).leads(t, "/devices/"+one+"/settings")
		},
		"given another": func() {
			b.post("/devices/"+two+"/default", url.Values{"on": {"true"}}).leads(t, "/devices/"+two+"/settings")
		},
	} {
		t.Run(name, func(t *testing.T) {
			b.post("/devices/"+one+"/default", url.Values{"on": {"true"}}).leads(t, "/devices/"+one+"/settings")
			f := e.feed(http.DefaultClient, "/api/events")
			f.until(`"id":"` + one + `"`)
			end()
			f.until("event: ended", "unauthorized")
			f.ends()
		})
	}
	b.post("/devices/"+one+"/default", url.Values{"on": {"true"}}).leads(t, "/devices/"+one+"/settings")
	f := e.feed(http.DefaultClient, "/api/events")
	f.until(`"id":"` + one + `"`)
	e.start(one, session.StateScan)
	f.until("event: qr") // the default device goes on
	b.post("/devices/"+one+"/delete", url.Values{"confirm": {"yes"}}).leads(t, "/devices")
	f.until("event: gone")
	f.ends()
}
