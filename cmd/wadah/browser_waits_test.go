package main

import (
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// lostServer is what a browser itself says about a server that is away.
var lostServer = []string{
	"Failed to fetch", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE",
	"ERR_CONNECTION_RESET", "network error", "Manifest",
}

// The server dies as in a power cut and comes back: open pages say so, heal by
// themselves, show what is true then, and keep what was being typed.
func (s scene) serverKilled() {
	path, key, phone := s.linked("Gudang")
	page := s.visit(path)
	page.state("CONNECTED", "ready")
	list := page.another(s.server.url + "/devices?q=Gudang")
	list.state("CONNECTED", "ready")
	waiting, waits := s.device("Menunggu")
	s.server.must("serviceStart", waits)
	code := page.another(s.server.url + waiting)
	code.state("SERVICE_SCAN", "qr")
	shown := code.readQR()
	settings := page.another(s.server.url + path + "/settings")
	settings.state("CONNECTED", "ready")
	settings.retype("rename-name", "Gudang besar")
	for _, b := range []*tab{page, list, code, settings} {
		b.mark()
		b.allow(lostServer...)
		b.do(`(() => {` + watchLosses + `})()`)
	}
	s.server.kill()
	for _, b := range []*tab{page, list, code} {
		s.looksDead(b)
	}
	s.codeIsCovered(code)
	code.click("restart")
	code.contains("flash", s.lang.T("lost.not_sent"))
	settings.visible("connection-lost")
	settings.click("default-submit") // another form of htmx
	settings.contains("flash", s.lang.T("lost.not_sent"))
	s.world.control("unlink", map[string]any{"phone": phone}) // while nobody looks

	*s.server = *s.world.serve("--listen", strings.TrimPrefix(s.server.url, "http://"))
	for _, b := range []*tab{page, list, settings} {
		b.state("SERVICE_OFF", "logged_out")
		b.gone("connection-lost")
		b.expectMark()
	}
	code.state("SERVICE_SCAN", "qr")
	code.gone("connection-lost")
	code.expectMark()
	if now := code.readQR(); now == shown {
		s.t.Error("the code of before the kill is shown again")
	}
	s.server.is(key, "SERVICE_OFF", "logged_out")
	settings.expect(`document.querySelector("[data-testid=rename-name]").value`, "Gudang besar")
	settings.click("settings-submit") // the sign-in and the form outlived the server
	settings.visible("setting-saved")
	page.contains("device-live", "Gudang besar")
	s.server.stop()
}

// hold keeps the next requests to an address back, as a slow line does, until the
// returned function is called.
func (b *tab) hold(pattern string) (release func()) {
	b.t.Helper()
	held := make(chan fetch.RequestID, 8)
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			held <- e.RequestID
		}
	})
	if err == nil {
		_, err = chromedp.Call(b.ctx, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if _, err := chromedp.Call(b.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: <-held}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// While an answer is on its way, the button says so and cannot be pressed twice.
func (s scene) slowLine() {
	path, _ := s.device("Pelan")
	page := s.visit(path)
	release := page.hold("*/start")
	page.click("start")
	page.holds(`document.getElementById("start").disabled`)
	page.holds(`Number(getComputedStyle(document.getElementById("start")).opacity) < 1`)
	page.state("SERVICE_OFF", "never_started") // nothing is claimed that is not so
	release()
	page.state("SERVICE_SCAN", "qr")
	page.click("stop")
	page.state("SERVICE_OFF", "stopped")
	page.holds(`!document.getElementById("start").disabled`)
}

// Who types something wrong is told where, and what was typed is still there.
func (s scene) mistakes() {
	door := s.stranger()
	door.open(s.server.url + "/devices")
	door.fill("signin-name", adminName)
	door.fill("signin-password", "not the password")
	door.click("signin-submit")
	door.visible("error-message")
	door.expect(`document.getElementById("signin-name").value`, adminName)
	door.expect(`document.getElementById("signin-password").value`, "")
	door.allow("401", "422")

	list := s.visit("/devices?q=none")
	for _, typed := range []string{"   ", "Dua\u202eKasir"} {
		list.mark()
		list.do(fmt.Sprintf(`document.getElementById("add-device-name").value = %q`, typed))
		list.click("add-device-submit")
		list.holds(`!window.notReloaded && document.querySelector("[data-testid=error-message]")`)
		list.expect(`document.getElementById("add-device-name").value`, typed)
		list.expect(`document.getElementById("add-device-name").getAttribute("aria-invalid")`, "true")
	}
	list.allow("422")
}
