package main

import (
	"fmt"
	"testing"

	"wadah/views"
)

// Nine windows of one browser are in sight, which over HTTP/1.1 has six connections for all of
// them: each opens, each follows what happens, and a click in the last is answered.
func TestBrowserNineWindows(t *testing.T) {
	t.Parallel()
	s := newScene(t, views.English)
	first := s.setUp()
	path, key, _ := s.linked("Sembilan")
	first.open(s.server.url + path)
	windows := []*tab{first}
	for range 8 {
		windows = append(windows, first.another(s.server.url+path))
	}
	all := func(state, reason string) {
		for _, w := range windows {
			w.state(state, reason)
		}
	}
	all("CONNECTED", "ready")
	shareStreams(windows)
	for _, w := range windows {
		w.mark()
		w.do(`window.lost = 0; document.addEventListener("wadah:lost", () => window.lost++)`)
	}
	s.server.must("serviceDestroy", key)
	all("SERVICE_OFF", "stopped")
	windows[8].click("start")
	all("CONNECTED", "ready")
	s.linksWithoutStream(windows[8])
	windows = windows[:8]
	windows[0].open(s.server.url + "/about") // a page without a stream leaves its own to another
	for _, w := range windows[1:] {
		w.expectMark()
		w.holds(`window.lost === 0`)
	}
	shareStreams(windows[1:])
}

// linksWithoutStream links a device in a window that has no stream: the code comes, the device
// is connected, without a reload and without a word of a lost connection.
func (s scene) linksWithoutStream(page *tab) {
	path, _ := s.device("Kesepuluh")
	page.open(s.server.url + path)
	page.do(`window.lost = 0; document.addEventListener("wadah:lost", () => window.lost++)`)
	page.mark()
	page.click("start")
	page.state("SERVICE_SCAN", "qr")
	page.holds(`document.querySelector("#device-qr-countdown .countdown-text").textContent`, `!document.getElementById("live")._htmx.sse.reader`)
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": page.readQR()})
	page.state("CONNECTED", "ready")
	page.expectMark()
	page.holds(`window.lost === 0`)
}

// shareStreams waits until four of the windows, no more and no fewer, have a stream.
func shareStreams(windows []*tab) {
	t := windows[0].t
	t.Helper()
	eventually(t, func() error {
		have := 0
		for _, w := range windows {
			if value[bool](w, `Boolean(document.getElementById("live")?._htmx?.sse?.reader)`) {
				have++
			}
		}
		if have != 4 {
			return fmt.Errorf("%d of %d windows have a stream, want 4", have, len(windows))
		}
		return nil
	})
}
