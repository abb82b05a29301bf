package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// watchShifts counts what the browser calls layout shifts: how far things on the page
// moved by themselves, as a share of the window. Left out is what is the news itself: a
// new row of the timeline pushes the older ones down inside their own box, beside a
// shorter word for the state stands what was beside the longer, two buttons stand where
// one stood, and a symbol has another size.
const watchShifts = `
window.shifted = 0;
window.shifts = [];
new PerformanceObserver((list) => {
  const at = (r) => [r.x, r.y, r.width, r.height].map(Math.round).join(",");
  for (const entry of list.getEntries()) {
    const moved = entry.sources.filter((s) => {
      const e = s.node && (s.node.nodeType === 1 ? s.node : s.node.parentElement);
      return e && !e.closest("#device-timeline, .live-state, .live-actions, .qr-frame svg");
    });
    if (moved.length === 0) continue;
    window.shifted += entry.value;
    window.shifts.push(entry.value.toFixed(4) + ": " + moved.map((s) => s.node.nodeName + "#" + s.node.id + "." + s.node.className + " " + at(s.previousRect) + " to " + at(s.currentRect)).join(" + "));
  }
}).observe({ type: "layout-shift" });`

// calm fails the test when the page moved by itself.
func (b *tab) calm() {
	b.t.Helper()
	if sum := value[float64](b, `window.shifted`); sum >= 0.01 {
		b.t.Errorf("%s moved by itself, by %.4f of the window: %s", value[string](b, `location.pathname`), sum,
			strings.Join(value[[]string](b, `window.shifts`), "; "))
	}
}

// While a device changes again and again, the pages that show it leave alone what a
// person is doing: focus, typed text, place in the page, opened parts, marked text.
func (s scene) nothingJumps() {
	path, key := s.settled.path, s.settled.key
	page := s.visit(path)
	page.state("CONNECTED", "ready")
	list := page.another(s.server.url + "/devices?q=Tenang")
	list.state("CONNECTED", "ready")

	keys := page.another(s.server.url + path + "/keys")
	keys.click("snippet-python")
	settings := page.another(s.server.url + path + "/settings")
	settings.retype("rename-name", "Tenang sekali")
	settings.do(`document.getElementById("rename-name").setSelectionRange(2, 6)`)
	list.do(`getSelection().selectAllChildren(document.querySelector("[data-testid=device-link]"))`)
	s.restless(key, 4) // after that, the timeline is as high as it may become
	all := []*tab{page, list, keys, settings}
	for _, b := range all {
		b.mark()
		b.do(watchShifts)
		b.do(`window.changes = 0; document.getElementById("live").addEventListener("htmx:sse:before:message", () => window.changes++)`)
	}
	const where = `document.activeElement.getBoundingClientRect().top`
	place := value[float64](settings, where)
	page.do(`scrollTo(0, document.body.scrollHeight)`)
	s.restless(key, 8)                                                   // far down in the page
	if now := value[float64](settings, where); math.Abs(now-place) > 1 { // of a pixel: browsers round
		s.t.Errorf("where somebody types was %v below the window's top and is %v", place, now)
	}
	page.do(`scrollTo(0, 0)`) // where the state is
	s.restless(key, 8)
	for _, b := range all {
		b.state("CONNECTED", "ready")
		b.holds(`window.changes > 2`)
		b.expectMark()
		b.calm()
	}
	s.t.Logf("messages: %v on the device's page, %v on the list", value[int](page, `window.changes`), value[int](list, `window.changes`))
	settings.expect(`document.activeElement.id`, "rename-name")
	settings.expect(`document.activeElement.value`, "Tenang sekali")
	settings.expect(`document.activeElement.selectionStart + "-" + document.activeElement.selectionEnd`, "2-6")
	keys.expect(`String(document.getElementById("snippet-python").open)`, "true")
	list.expect(`String(getSelection())`, "Tenang")
}

// From the first start until the device is linked and comes and goes, the page of a
// device keeps what stands on it in its place: the code, what is awaited or done, and
// all below. Another program does it, so that no click could be the cause.
func (s scene) calmWhileLinking() {
	path, key := s.device("Tetap")
	page := s.visit(path)
	page.state("SERVICE_OFF", "never_started")
	page.do(watchShifts)
	s.world.control("outage", map[string]any{"mode": "silent"})
	s.server.must("serviceStart", key)
	page.state("PAIRING", "connecting")
	s.world.control("outage", map[string]any{"mode": "none"})
	s.server.must("serviceDestroy", key)
	page.state("SERVICE_OFF", "stopped")
	phone := s.world.newPhone()
	if err := s.world.link(s.server, key, phone); err != nil {
		s.t.Fatal(err)
	}
	page.state("CONNECTED", "ready")
	s.world.control("fault", map[string]any{"target": phone, "kind": "stream_error_503"})
	page.contains("timeline", s.lang.T("reason.reconnecting"))
	page.state("CONNECTED", "ready")
	s.server.must("serviceDestroy", key)
	page.state("SERVICE_OFF", "stopped")
	s.server.must("serviceStart", key)
	page.state("CONNECTED", "ready")
	s.world.control("unlink", map[string]any{"phone": phone})
	page.state("SERVICE_OFF", "logged_out")
	page.calm()
}

// restless stops and starts a device, at least four changes each time.
func (s scene) restless(key string, times int) {
	s.t.Helper()
	for range times {
		s.server.must("serviceDestroy", key)
		s.server.must("serviceStart", key)
		s.server.is(key, "CONNECTED", "ready")
	}
}

// Two people look at a device that programs start and stop. However quick it is, both
// soon see what the API says.
func (s scene) twoBrowsers() {
	path, key, _ := s.linked("Berdua")
	pages := []*tab{s.visit(path), s.visit("/devices?q=Berdua"), s.visit(path)}
	for _, b := range pages {
		b.state("CONNECTED", "ready")
	}
	var worst time.Duration
	for n := range 20 {
		call, state := "serviceDestroy", "SERVICE_OFF"
		if n%2 == 1 {
			call, state = "serviceStart", "CONNECTED"
		}
		s.server.must(call, key)
		eventually(s.t, func() error {
			now, err := s.server.api("getState", key)
			if err == nil && now.Results.State != state {
				err = fmt.Errorf("after %s the device is %s", call, now.Results.State)
			}
			return err
		})
		known := time.Now()
		shown := fmt.Sprintf(`document.querySelector('[data-testid="device-state"]').dataset.state === %q`, state)
		for _, b := range pages {
			b.holds(shown)
		}
		worst = max(worst, time.Since(known))
	}
	s.t.Logf("all browsers agreed with the API after %v at the latest", worst.Round(time.Millisecond))
}
