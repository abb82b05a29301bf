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
// localhost, and behind a proxy that passes the Host on.
func TestBrowserOverPlainHTTP(t *testing.T) {
	t.Parallel()
	s := newScene(t, views.Indonesian)
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
	named.guestTellsNobody(t)
	s.server.stop()
}

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
func (s scene) guestTellsNobody(t *testing.T) {
	s = s.in(t)
	var mu sync.Mutex
	var heard []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, r.Header["Referer"]...)
		fmt.Fprint(w, `<!doctype html><title>Elsewhere</title><p data-testid="elsewhere">Elsewhere</p>`)
	}))
	t.Cleanup(other.Close)

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
	guest.allow("another host: http://" + elsewhere)
	guest.do(`location.href = "http://` + elsewhere + ":" + portOf(t, other.URL) + `/"`)
	guest.present("elsewhere")
	guest.expect(`document.referrer`, "")
	mu.Lock()
	defer mu.Unlock()
	if len(heard) > 0 {
		t.Errorf("another site heard of %q", heard)
	}
}
