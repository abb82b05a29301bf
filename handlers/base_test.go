package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"wadah/handlers"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// A base may not begin as one of our own paths does.
func TestBaseIsNoneOfOurPaths(t *testing.T) {
	for _, r := range everyRoute(t) {
		first, _, _ := strings.Cut(r.Path[1:], "/")
		if first != "" && web.CanBeBase("/"+first) {
			t.Errorf("%s: an installation could stand below /%s", r.Path, first)
		}
	}
	for path, want := range map[string]bool{
		"/wadah": true, "/tools/api": true, "/Wadah-2": true, "/~ani/wa.1": true,
		"": false, "wadah": false, "/": false, "/wadah/": false, "/a//b": false, "/../x": false, "/a/.": false, "/a b": false, `/a"b`: false, "/é": false,
	} {
		if web.CanBeBase(path) != want {
			t.Errorf("%q: %v, want %v", path, !want, want)
		}
	}
}

// belowPath is a server below /kantor/wadah of a proxy, which takes the path off or leaves it on.
func belowPath(t *testing.T, strips bool) *env {
	t.Helper()
	var to *url.URL
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Host = r.In.Host
		if !isBelow(r.In.URL.Path) {
			t.Errorf("%s was asked for, which is not below %s", r.In.URL, subPath)
		}
		if strips {
			r.Out.URL.Path, r.Out.URL.RawPath = "/"+strings.TrimPrefix(strings.TrimPrefix(r.In.URL.Path, subPath), "/"), ""
		}
	}})
	t.Cleanup(proxy.Close)
	public, err := url.Parse(strings.Replace(proxy.URL, "127.0.0.1", "localhost", 1) + subPath) // where passkeys work
	if err != nil {
		t.Fatal(err)
	}
	e := newEnv(t, func(c *handlers.Config) { c.PublicURL, c.Sandbox = public, newPhones(t) })
	if to, err = url.Parse(e.url); err != nil {
		t.Fatal(err)
	}
	e.url = public.String()
	return e
}

const subPath = "/kantor/wadah"

func isBelow(path string) bool { return path == subPath || strings.HasPrefix(path, subPath+"/") }

// Everything works below a path, behind a proxy that takes it off and behind one that leaves it
// on: every link, form, picture and stream of every page that can be reached stays below it,
// and so do redirects and cookies.
func TestBelowAPath(t *testing.T) {
	for name, strips := range map[string]bool{"the proxy takes the path off": true, "the proxy leaves it on": false} {
		t.Run(name, func(t *testing.T) {
			e := belowPath(t, strips)
			b := e.admin()
			id, key := e.linked()
			e.arrive(id, other+"@s.whatsapp.net", `see <a href="/devices">this</a> and href="/people"`)
			waiting, _ := e.device(`href="/devices" ="/x`)
			e.start(waiting, session.StateScan)
			e.user("run", models.RoleOperator)
			b.post("/webhooks", url.Values{"name": {"Kasir"}, "url": {"https://hooks.example.com/in"}, "types": {"message"}})
			c := &crawler{e: e, b: b, seen: map[string]bool{}}
			c.visit("/", "/devices?q=Kasir", "/nothing", "/setup")
			for _, page := range []string{
				"/devices", "/devices/" + id, "/devices/" + waiting, "/devices/" + id + "/messages", "/people", "/settings", "/account", "/audit", "/about", "/reference",
				"/phones", "/components", "/webhooks", "/static/manifest.webmanifest",
			} {
				if !c.reached(page) {
					t.Errorf("no link leads to %s", page)
				}
			}
			link := belowBase(t, b.post("/devices/"+waiting+"/scan-links", url.Values{"life": {"15m"}}).match(t, `data-testid="scan-link-url">([^<]+)<`))
			e.secrets = append(e.secrets, strings.TrimPrefix(link, "/scan/"))
			guest := &crawler{e: e, b: e.browser(), seen: map[string]bool{}}
			guest.visit("/signin", "/devices", link)

			// What forms lead to.
			c.follow(b.post("/devices/"+id+"/rename", url.Values{"name": {"Kasir Depan"}}), subPath+"/devices/"+id+"/settings")
			c.follow(b.post("/prefs", url.Values{"lang": {"id"}, "next": {"/devices?q=Kasir"}}), subPath+"/devices?q=Kasir")
			c.follow(b.post("/devices/"+waiting+"/stop", url.Values{"next": {subPath + "/devices"}}), subPath+"/devices")
			c.page("a part", b.fragment("/devices/"+id+"/restart", nil))
			r := e.request(http.MethodGet, "/devices?q=Kasir", nil)
			r.Header.Set("HX-Request", "true")
			c.page("a search", b.do(r))
			r = e.request(http.MethodGet, "/devices", nil)
			r.Header.Set("HX-Request", "true")
			if got := e.browser().do(r); got.Header.Get("HX-Redirect") != subPath+"/signin" {
				t.Errorf("a part for nobody leads to %q", got.Header.Get("HX-Redirect"))
			}
			c.follow(e.get("/favicon.ico"), "")
			c.follow(e.get("/devices"), subPath+"/signin?next=%2Fdevices")

			// Streams, programs and their description.
			f := e.feed(b.client, "/events?page=devices")
			c.page("the list's stream", answer{Response: f.head, body: frameHTML(f.until(`id="devices"`))})
			if got := e.get("/api/getState?apiKey=" + key); got.StatusCode != http.StatusOK {
				t.Errorf("getState: %d %s", got.StatusCode, got.body)
			}
			for _, path := range []string{"//api/getState/", "/api//getState"} {
				if got := e.get(path + "?apiKey=" + key); got.StatusCode != http.StatusOK {
					t.Errorf("%s: %d", path, got.StatusCode)
				}
			}
			if got := e.get("/api/openapi.yaml"); !strings.Contains(got.body, "\nservers:\n  - url: "+subPath+"/\n") {
				t.Error("the description names another address")
			}
			if page := b.get("/devices/" + id + "/keys"); !strings.Contains(page.body, e.url+"/api/getState") || !strings.Contains(page.body, `data-base="`+subPath+`"`) {
				t.Error("the examples name another address, or scripts do not learn the base")
			}
			if page := b.get("/devices/" + waiting); !strings.Contains(page.body, "href=&#34;/devices&#34; =&#34;/x") {
				t.Error("what somebody wrote was changed")
			}
			chat := b.get("/devices/"+id+"/messages").match(t, `href="([^"]+/messages/[^"]+)"`)
			if got := b.get(belowBase(t, chat)); !strings.Contains(got.body, "&lt;a href=&#34;/devices&#34;&gt;this") {
				t.Error("a message was changed")
			}
			manifest := e.get("/static/manifest.webmanifest")
			var says struct {
				ID, Scope string
				Start     string `json:"start_url"`
				Icons     []struct{ Src string }
			}
			if err := json.Unmarshal([]byte(manifest.body), &says); err != nil {
				t.Fatal(err)
			}
			for _, address := range []string{says.ID, says.Scope, says.Start, says.Icons[0].Src} {
				if !isBelow(address) {
					t.Errorf("the manifest names %q", address)
				}
			}
			c.follow(b.post("/signout", nil), subPath+"/signin")
		})
	}
}

// Passkeys belong to the origin, which has no path.
func TestPasskeysBelowAPath(t *testing.T) {
	e := belowPath(t, true)
	b := e.admin()
	key := newAuthenticator(t, strings.TrimSuffix(e.url, subPath)).registered(t, b)
	n := e.browser()
	n.get("/signin").has(t, http.StatusOK, "signin-passkey")
	options := n.options(t, "/signin/passkey/begin", url.Values{"next": {"/account"}})
	n.post("/signin/passkey/finish", url.Values{"credential": {key.get(options)}}).answers(t, http.StatusOK, `{"next":"/account"}`)
	n.get("/account").has(t, http.StatusOK, "passkey-row")
}

// That browsers shall come over TLS alone is said for a whole name, which below a path has other
// owners, too; cookies are marked all the same.
func TestNameOfOthers(t *testing.T) {
	for path, want := range map[string]string{"": "max-age=31536000", "/wadah": ""} {
		e := newEnv(t, func(c *handlers.Config) {
			c.PublicURL = &url.URL{Scheme: "https", Host: "example.org", Path: path}
		})
		e.user("boss", models.RoleAdmin)
		got := e.browser().post("/signin", url.Values{"name": {"boss"}, "password": {password}})
		if hsts := got.Header.Get("Strict-Transport-Security"); hsts != want {
			t.Errorf("below %q: HSTS is %q, want %q", path, hsts, want)
		}
		if len(got.Cookies()) == 0 {
			t.Fatalf("below %q: nobody is signed in: %d", path, got.StatusCode)
		}
		for _, cookie := range got.Cookies() {
			if !cookie.Secure {
				t.Errorf("below %q: %s may travel unencrypted", path, cookie.Name)
			}
		}
	}
}

// The set-up link leads to the panel below the path.
func TestSetupBelowAPath(t *testing.T) {
	e := belowPath(t, false)
	path, err := e.server.SetupURL(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := e.browser()
	c := &crawler{e: e, b: b, seen: map[string]bool{}}
	c.follow(e.get("/"), "")
	page := b.get(path)
	c.page("set-up", page)
	token, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	e.secrets = append(e.secrets, token.Query().Get("token"))
	done := b.post("/setup", url.Values{
		"token": {token.Query().Get("token")}, "name": {"ani"}, "password": {password}, "password2": {password},
	})
	c.follow(done, subPath+"/devices")
	c.page("the panel", b.get("/devices"))
}

// frameHTML is the HTML that a message of an event stream carries.
func frameHTML(frame string) string {
	var b strings.Builder
	for line := range strings.Lines(frame) {
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			b.WriteString(text)
		}
	}
	return b.String()
}

// belowBase is an address of the installation as its own paths are written.
func belowBase(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || !isBelow(u.Path) {
		t.Fatalf("%q is not below %s", address, subPath)
	}
	return strings.TrimPrefix(u.RequestURI(), subPath)
}

// crawler visits every page that links lead to.
type crawler struct {
	e    *env
	b    *browser
	seen map[string]bool
}

// visit visits pages and all that they lead to. Of those that differ in their query alone a
// few are enough.
func (c *crawler) visit(paths ...string) {
	c.e.t.Helper()
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		bare, _, _ := strings.Cut(path, "#")
		if c.seen[bare] || c.often(bare) || strings.HasPrefix(bare, "/events") || strings.HasSuffix(strings.Split(bare, "?")[0], "/events") {
			continue
		}
		c.seen[bare] = true
		got := c.b.get(bare)
		if got.StatusCode >= 500 || got.StatusCode == http.StatusNotFound && bare != "/nothing" {
			c.e.t.Errorf("%s: %d", bare, got.StatusCode)
		}
		if to := got.Header.Get("Location"); to != "" {
			c.follow(got, "")
			paths = append(paths, belowBase(c.e.t.(*testing.T), to))
		}
		paths = append(paths, c.page(bare, got)...)
	}
}

// often reports whether a page was seen with three queries already.
func (c *crawler) often(path string) bool {
	path, _, asks := strings.Cut(path, "?")
	times := 0
	for seen := range c.seen {
		if strings.HasPrefix(seen, path+"?") {
			times++
		}
	}
	return asks && times >= 3
}

func (c *crawler) reached(page string) bool {
	for seen := range c.seen {
		if path, _, _ := strings.Cut(seen, "?"); path == page {
			return true
		}
	}
	return false
}

// follow fails unless an answer leads below the base, to want if that is said, and its cookies
// belong there.
func (c *crawler) follow(got answer, want string) {
	c.e.t.Helper()
	to := got.Header.Get("Location")
	if u, err := url.Parse(to); err != nil || !isBelow(u.Path) || u.Host != "" || want != "" && to != want {
		c.e.t.Errorf("%s: %d to %q, want %q", got.Request.URL, got.StatusCode, to, want)
	}
	for _, cookie := range got.Cookies() {
		if !isBelow(cookie.Path) {
			c.e.t.Errorf("%s: a cookie for %q", got.Request.URL, cookie.Path)
		}
	}
}

// The attributes of HTML that hold an address, and those whose text may begin with a slash.
var (
	addressAttributes = []string{"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-sse:connect", "poster", "data", "hx-put", "hx-delete"}
	textAttributes    = []string{"value", "data-base", "data-address", "data-passkey-finish", "aria-keyshortcuts"}
)

// page fails when HTML has an address that is not below the base, and returns those that can
// be visited.
func (c *crawler) page(name string, got answer) (paths []string) {
	c.e.t.Helper()
	for _, cookie := range got.Cookies() {
		if !isBelow(cookie.Path) {
			c.e.t.Errorf("%s: a cookie for %q", name, cookie.Path)
		}
	}
	if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(kind, "text/event-stream") {
		return nil
	}
	z := html.NewTokenizer(strings.NewReader(got.body))
	for z.Next() != html.ErrorToken {
		for _, a := range z.Token().Attr {
			if !slices.Contains(addressAttributes, a.Key) {
				if strings.HasPrefix(a.Val, "/") && !slices.Contains(textAttributes, a.Key) {
					c.e.t.Errorf("%s: %s=%q, which is not known to be an address", name, a.Key, a.Val)
				}
				continue
			}
			u, err := url.Parse(a.Val)
			switch {
			case err != nil:
				c.e.t.Errorf("%s: %s=%q", name, a.Key, a.Val)
			case u.Scheme == "data", u.Path == "" && u.Host == "", u.Host != "" && !strings.HasPrefix(a.Val, c.e.url):
			case !isBelow(u.Path):
				c.e.t.Errorf("%s: %s=%q leaves %s", name, a.Key, a.Val, subPath)
			case a.Key == "href" || a.Key == "src" || a.Key == "hx-get":
				paths = append(paths, strings.TrimPrefix(u.RequestURI(), subPath))
			}
		}
	}
	return paths
}
