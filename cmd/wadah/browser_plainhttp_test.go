package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"wadah/views"
)

// Addresses that lead to this machine in the browser of the tests, and that a browser
// trusts no more than any other plain http: it sends no Fetch Metadata there.
const (
	lanName   = "gateway.wadah.test"
	proxied   = "proxy.wadah.test"
	elsewhere = "elsewhere.wadah.test"
	lanIP     = "192.0.2.7"

	resolverRules = "MAP *.wadah.test 127.0.0.1, MAP " + lanIP + " 127.0.0.1"
)

// Most first installations are reached over plain http, by the name or the address of a
// machine in the same network. Set-up, sign-in and every form work there as they do on
// localhost, and behind a proxy that passes the Host on; other sites learn nothing, write
// nothing, and read what they were allowed to.
func TestBrowserOverPlainHTTP(t *testing.T) {
	t.Parallel()
	site := newOtherSite(t)
	w := newWorld(t)
	s := scene{t: t, world: w, server: w.serve("--cors-origins", site.at(elsewhere)), lang: views.Indonesian, login: &network.SetCookieParams{}}
	local, err := url.Parse(s.server.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(local)
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(proxy.Close)

	named := s.at(lanName, local.Port())
	path := named.setUpByName(t)
	for _, address := range []scene{s.at(lanIP, local.Port()), s.at(proxied, portOf(t, proxy.URL))} {
		address.signInAndWork(t, path)
	}
	named.formsWithoutScripts(t, path)
	named.guestTellsNobody(t, site)
	named.otherSitesMayNotWrite(t, site)
	named.otherSitesReadWhatTheyMay(t, site)
}

// otherSite is another web site, under any name. It remembers what it hears of where
// people come from.
type otherSite struct {
	t    *testing.T
	port string

	mu    sync.Mutex
	heard []string
}

func newOtherSite(t *testing.T) *otherSite {
	t.Helper()
	s := &otherSite{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.heard = append(s.heard, r.Header["Referer"]...)
		fmt.Fprint(w, `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,"><p data-testid="elsewhere">Elsewhere</p>`)
	}))
	t.Cleanup(server.Close)
	s.port = portOf(t, server.URL)
	return s
}

// at is the site's origin under a name.
func (s *otherSite) at(name string) string { return "http://" + name + ":" + s.port }

func portOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// at is the same scene for somebody who knows the server by another address.
func (s scene) at(host, port string) scene {
	server := *s.server
	server.url = "http://" + host + ":" + port
	s.server = &server
	return s
}

// setUpByName makes the admin, adds a device and links it, and returns its page's path.
func (s scene) setUpByName(t *testing.T) (path string) {
	s = s.in(t)
	link, err := url.Parse(s.server.printed(`http://\S+/setup\?token=\S+`)[0])
	if err != nil {
		t.Fatal(err)
	}
	page := s.stranger()
	page.open(s.server.url + link.RequestURI())
	page.holds(`!window.isSecureContext`) // else this is no test of plain http
	page.fill("setup-name", adminName)
	page.fill("setup-password", goodPassword)
	page.fill("setup-password2", goodPassword)
	page.click("setup-submit")
	page.present("devices-empty")
	page.fill("add-device-name", "Kasir Depan")
	page.click("add-device-submit")
	page.state("SERVICE_OFF", "never_started")
	path = value[string](page, `location.pathname`)
	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": page.readQR()})
	page.state("CONNECTED", "ready")
	page.click("user-menu")
	page.click("signout")
	page.present("signin-name")
	return path
}

// signInAndWork signs in at another address and uses forms with and without htmx.
func (s scene) signInAndWork(t *testing.T, path string) {
	s = s.in(t)
	page := s.stranger()
	page.open(s.server.url + path)
	page.fill("signin-name", adminName)
	page.fill("signin-password", goodPassword)
	page.click("signin-submit")
	page.state("CONNECTED", "ready")
	page.click("stop")
	page.state("SERVICE_OFF", "stopped")
	page.click("start")
	page.state("CONNECTED", "ready")
	page.click("user-menu")
	page.click("signout")
	page.present("signin-name")
}

// formsWithoutScripts does the same in a browser that runs no scripts.
func (s scene) formsWithoutScripts(t *testing.T, path string) {
	s = s.in(t)
	page := s.stranger()
	if _, err := chromedp.Call(page.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	page.open(s.server.url + path)
	page.fill("signin-name", adminName)
	page.fill("signin-password", goodPassword)
	page.click("signin-submit")
	page.state("CONNECTED", "ready")
	page.click("stop")
	page.state("SERVICE_OFF", "stopped")
	page.remember(s.login)
}

// guestTellsNobody opens a scan link, uses its form, and goes to another site from
// there: that site must not learn where the guest came from.
func (s scene) guestTellsNobody(t *testing.T, site *otherSite) {
	s = s.in(t)
	path, _ := s.device("Cabang Bandung")
	owner := s.stranger()
	if _, err := chromedp.Call(owner.ctx, network.SetCookie, *s.login); err != nil {
		t.Fatal(err)
	}
	owner.open(s.server.url + path)
	owner.click("scan-link-create")
	link := owner.text("scan-link-url")
	if !strings.HasPrefix(link, s.server.url) {
		t.Fatalf("the link is %q", link)
	}
	guest := s.stranger()
	guest.open(link)
	guest.click("scan-start")
	guest.state("SERVICE_SCAN", "qr")
	guest.allow("another host: " + site.at(elsewhere))
	guest.do(`location.href = "` + site.at(elsewhere) + `/"`)
	guest.present("elsewhere")
	guest.expect(`document.referrer`, "")
	site.mu.Lock()
	defer site.mu.Unlock()
	if len(site.heard) > 0 {
		t.Errorf("another site heard of %q", site.heard)
	}
}

// otherSitesMayNotWrite sends a form from another site: the page says what was seen.
func (s scene) otherSitesMayNotWrite(t *testing.T, site *otherSite) {
	s = s.in(t)
	page := s.stranger()
	page.allow("another host: "+site.at(elsewhere), "403 (Forbidden)")
	page.open(site.at(elsewhere))
	page.do(`(() => {
	  const form = document.createElement("form");
	  form.method = "post";
	  form.action = "` + s.server.url + `/signout";
	  document.body.append(form);
	  form.submit();
	})()`)
	page.contains("error-message", site.at(elsewhere))
	page.contains("error-advice", "WADAH_PUBLIC_URL="+site.at(elsewhere))
}

// otherSitesReadWhatTheyMay calls the API from the page of a site that is on the list, and
// from one that is not.
func (s scene) otherSitesReadWhatTheyMay(t *testing.T, site *otherSite) {
	s = s.in(t)
	_, key := s.device("Toko Daring")
	for name, want := range map[string]string{elsewhere: "SERVICE_OFF", "unlisted.wadah.test": "refused"} {
		page := s.stranger()
		page.allow("another host: ", "CORS policy", "net::ERR_FAILED")
		page.open(site.at(name))
		page.expect(`fetch("`+s.server.url+`/api/getState", {method: "POST", headers: {"X-Api-Key": "`+key+`"}})
		  .then((answer) => answer.json()).then((json) => json.results.state, () => "refused")`, want)
	}
}
