package main

import (
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// hearLiveRegions notes what a screen reader would say: every text that a live region
// comes to hold.
const hearLiveRegions = `
window.heard = [];
for (const region of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
  new MutationObserver(() => {
    const text = region.textContent.trim();
    if (text && !region.hidden) window.heard.push(text);
  }).observe(region, { childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });
}`

// Who listens to a page is told each state once, and nothing else.
func (s scene) listening() {
	path, key, phone := s.linked("Suara")
	page := s.visit(path)
	page.state("CONNECTED", "ready")
	page.do(hearLiveRegions)
	said := func(state, reason string) string {
		return s.lang.T("device.announce", "Name", "Suara", "State", s.lang.T(state), "Reason", s.lang.T(reason))
	}

	s.server.must("serviceDestroy", key)
	page.state("SERVICE_OFF", "stopped")
	s.world.control("online", map[string]any{"phone": phone, "online": false}) // nothing a person must hear
	s.world.control("online", map[string]any{"phone": phone, "online": true})
	page.holds(`window.heard.length > 0`)
	if heard := value[[]string](page, `window.heard`); len(heard) != 1 || heard[0] != said("state.off", "reason.stopped") {
		s.t.Errorf("told %q, want %q once", heard, said("state.off", "reason.stopped"))
	}
	page.do(`window.heard = []`)
	s.server.must("serviceStart", key)
	page.state("CONNECTED", "ready")
	want := said("state.connected", "reason.ready")
	page.holds(`window.heard.at(-1) === ` + jsonText(want))
	heard := value[[]string](page, `window.heard`)
	for n, text := range heard {
		if n > 0 && heard[n-1] == text {
			s.t.Errorf("told twice: %q", text)
		}
	}
	if text := strings.Join(heard, "\n"); strings.Count(text, want) != 1 || len(heard) > 4 {
		s.t.Errorf("while it connected, was told:\n%s", text)
	}
}

// Who has asked the system for less motion sees none; who needs high contrast still
// sees what state a device is in.
func (s scene) lessMotion() {
	path, _ := s.device("Diam")
	page := s.visit(path)
	media := func(features ...*emulation.MediaFeature) {
		if _, err := chromedp.Call(page.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
			s.t.Fatal(err)
		}
	}
	s.world.control("outage", map[string]any{"mode": "silent"})
	page.click("start")
	page.state("PAIRING", "connecting")
	moving := `document.getAnimations().length`
	page.holds(moving + ` > 0`) // a wait that moves, for everybody else
	media(&emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	page.holds(moving + ` === 0`)

	media(&emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	page.expect(`String(matchMedia("(forced-colors: active)").matches)`, "true")
	page.contains("device-state", s.lang.T("state.pairing"))
	contrast := `(() => {
	  const badge = document.querySelector("[data-testid=device-state]"), word = getComputedStyle(badge);
	  return word.color !== word.backgroundColor && badge.querySelector("svg") !== null;
	})()`
	page.holds(contrast)
	s.world.control("outage", map[string]any{"mode": "none"})
	page.click("stop")
	page.state("SERVICE_OFF", "stopped")
}
