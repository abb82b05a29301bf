package main

import "fmt"

// nineWindows has nine windows of one browser in sight, which over HTTP/1.1 has six
// connections for all of them: each opens, each follows what happens, and a click in the last
// is answered.
func (s scene) nineWindows() {
	path, key, _ := s.linked("Sembilan")
	first := s.stranger() // with a login of its own: that of the scene has other windows open
	first.open(s.server.url + path)
	first.fill("signin-name", adminName)
	first.fill("signin-password", goodPassword)
	first.click("signin-submit")
	first.state("CONNECTED", "ready")
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
	windows[0].open(s.server.url + "/about") // a page without a stream leaves its own to another
	for _, w := range windows[1:] {
		w.expectMark()
		w.holds(`window.lost === 0`)
	}
	shareStreams(windows[1:])
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
