package main

import (
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"wadah/views"
)

// portToListenAt is an address of this machine that nothing listens at.
func portToListenAt(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// below is a server whose panel stands below a path at some proxy, in a scene of its own.
func (w *world) below(listen, public string) scene {
	w.t.Helper()
	server := w.serve("--listen", listen, "--public-url", public, "--trusted-proxies", "127.0.0.1")
	return scene{t: w.t, world: w, server: server, lang: views.English, login: &network.SetCookieParams{}}
}

// An installation below a path works in a browser as elsewhere: set-up, live pages, scripts,
// signing in and out; nothing is asked for that is not below the path.
func TestBrowserBelowAPath(t *testing.T) {
	t.Parallel()
	listen := portToListenAt(t)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: listen})
		r.Out.Host = r.In.Host
		r.SetXForwarded()
		path, inside := strings.CutPrefix(r.In.URL.Path, "/kantor/")
		if !inside {
			t.Errorf("the browser asked for %s", r.In.URL)
		}
		r.Out.URL.Path = "/" + path
	}})
	t.Cleanup(proxy.Close)
	newWorld(t).below(listen, proxy.URL+"/kantor/").worksBelow("/kantor")
}

// worksBelow plays what depends on where an installation stands.
func (s scene) worksBelow(base string) {
	page := s.setUp()
	page.expect(`location.pathname`, base+"/devices")
	page.fill("add-device-name", "Kasir Depan")
	page.click("add-device-submit")
	page.state("SERVICE_OFF", "never_started")
	list := page.another(s.server.url + "/devices")
	page.mark()
	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	list.state("SERVICE_SCAN", "qr") // by its stream
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": page.readQR()})
	page.state("CONNECTED", "ready")
	page.expectMark()
	list.state("CONNECTED", "ready")
	list.mark()
	list.fill("filter-q", "depan")
	list.holds(`location.pathname === "`+base+`/devices"`, `new URLSearchParams(location.search).get("q") === "depan"`)
	list.click("stop") // in the row
	page.state("SERVICE_OFF", "stopped")
	list.expectMark()
	list.click("device-link")
	list.state("SERVICE_OFF", "stopped")
	list.click("to-danger")
	list.click("delete")
	list.click("delete-confirm")
	list.expect(`location.pathname`, base+"/devices")
	page.visible("device-gone")
	list.allow("401 (Unauthorized)") // it may ask once more before it has left the page
	page.click("user-menu")
	page.click("signout")
	page.present("signin-name")
	page.expect(`location.pathname`, base+"/signin")
	page.fill("signin-name", adminName)
	page.fill("signin-password", goodPassword)
	page.click("signin-submit")
	page.present("devices-empty")
}
