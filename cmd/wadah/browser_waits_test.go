package main

import "strings"

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
	page.retype("rename-name", "Gudang besar")
	for _, b := range []*tab{page, list} {
		b.mark()
		b.allow(lostServer...)
	}
	s.server.kill()
	for _, b := range []*tab{page, list} {
		b.visible("connection-lost")
		b.contains("connection-lost", s.lang.T("lost.title"))
	}
	s.world.control("unlink", map[string]any{"phone": phone}) // while nobody looks

	*s.server = *s.world.serve("--listen", strings.TrimPrefix(s.server.url, "http://"))
	for _, b := range []*tab{page, list} {
		b.state("SERVICE_OFF", "logged_out")
		b.gone("connection-lost")
		b.expectMark()
	}
	s.server.is(key, "SERVICE_OFF", "logged_out")
	page.expect(`document.querySelector("[data-testid=rename-name]").value`, "Gudang besar")
	page.click("rename-submit") // the sign-in and the form outlived the server
	page.visible("setting-saved")
	page.contains("device-live", "Gudang besar")
	s.server.stop()
}
