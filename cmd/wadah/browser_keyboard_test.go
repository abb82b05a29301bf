package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// stop is where the focus rests after a Tab.
type stop struct {
	Name    string  `json:"name"`    // data-testid, or what there is instead
	Order   int     `json:"order"`   // number in the document; -1 for the document itself
	Visible bool    `json:"visible"` // a ring, an outline or a shadow shows it, inside the window
	Top     float64 `json:"top"`     // in the document, as are the others
	Left    float64 `json:"left"`
	Bottom  float64 `json:"bottom"`
}

// keyboardScript tells where the focus is. A ring may be drawn by the element, by what
// stands behind it, or by the box around it.
const keyboardScript = `
window.rested = 0;
window.focusable = () => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter((e) => !e.disabled && e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0);
window.nameOf = (e) => e.dataset.testid || e.id || e.tagName + " " + e.textContent.trim().slice(0, 20);
window.ringed = (e, part) => {
  const s = getComputedStyle(e, part);
  return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
};
window.stopNow = () => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return { name: "", order: -1, visible: true };
  const r = e.getBoundingClientRect();
  const inside = r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth;
  const ring = ringed(e) || ringed(e, "::after") || (e.parentElement && e.parentElement.matches(":focus-within") && ringed(e.parentElement));
  return { name: nameOf(e), order: focusable().indexOf(e), visible: inside && ring, top: r.top + scrollY, left: r.left + scrollX, bottom: r.bottom + scrollY };
};`

// tabAround presses Tab from the top of the page until the focus has been everywhere
// and leaves the page. Everything that can be used must have been reached, once, with
// a visible focus.
func (b *tab) tabAround() []stop {
	b.t.Helper()
	b.do(keyboardScript)
	// The browser may still be about to follow a link to the content with the focus.
	b.holds(`(() => {
	  const skip = document.querySelector(".skip");
	  window.rested = document.activeElement === skip ? window.rested + 1 : 0;
	  skip.focus();
	  return window.rested > 5;
	})()`)
	want := value[[]string](b, `focusable().map(nameOf)`)
	var stops []stop
	for n := range len(want) + 20 { // and a few scrolling boxes, which browsers let people reach, too
		if n > 0 {
			b.press(kb.Tab)
		}
		at := value[stop](b, `stopNow()`)
		if at.Order == -1 && at.Name == "" || len(stops) > 0 && at == stops[0] {
			break
		}
		if slices.Contains(stops, at) {
			b.t.Fatalf("the focus comes back to %q before it was everywhere: a trap", at.Name)
		}
		stops = append(stops, at)
		if !at.Visible {
			b.t.Errorf("nothing shows that the focus is on %q", at.Name)
		}
	}
	var got []string
	for _, at := range stops {
		got = append(got, at.Name)
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			b.t.Errorf("Tab never reaches %q, only %q", name, got)
		}
	}
	return stops
}

// inReadingOrder fails the test when the focus jumps about: upwards it goes only to
// begin a column further right.
func inReadingOrder(t *testing.T, stops []stop) {
	t.Helper()
	for n := 1; n < len(stops); n++ {
		before, at := stops[n-1], stops[n]
		if at.Bottom <= before.Top && at.Left <= before.Left {
			t.Errorf("the focus jumps up from %q at %.0f to %q at %.0f", before.Name, before.Top, at.Name, at.Top)
		}
	}
}

// tabTo presses Tab until the focus is on something; shown says whether it must be
// visible there.
func (b *tab) tabTo(id string) {
	b.t.Helper()
	b.do(keyboardScript)
	var seen []string
	for range 80 {
		b.press(kb.Tab)
		at := value[stop](b, `stopNow()`)
		if !at.Visible {
			b.t.Errorf("nothing shows that the focus is on %q", at.Name)
		}
		if at.Name == id {
			return
		}
		seen = append(seen, at.Name)
	}
	b.t.Fatalf("Tab does not reach %q, only %s", id, strings.Join(seen, ", "))
}

// Somebody without a mouse signs in, adds, starts and reads a device, and unlinks it.
func (s scene) keyboardAlone() {
	tab := s.stranger()
	tab.open(s.server.url + "/devices")
	tab.holds(`document.activeElement.id === "signin-name"`) // no need to look for it
	tab.press(adminName + kb.Tab + goodPassword + kb.Enter)
	tab.present("user-menu")

	tab.press(kb.Tab) // the first stop leads past the menu
	tab.expect(`document.activeElement.className`, "skip")
	tab.holds(`document.activeElement.getBoundingClientRect().top >= 0`)
	tab.enter()
	tab.expect(`document.activeElement.id`, "main")
	inReadingOrder(s.t, tab.tabAround())

	tab.tabTo("add-device-name")
	tab.press("Papan Ketik")
	tab.tabTo("add-device-submit") // Enter in the name would start it, too
	tab.enter()
	tab.holds(`location.pathname.startsWith("/devices/")`, `document.readyState === "complete"`)
	tab.state("SERVICE_OFF", "never_started")
	inReadingOrder(s.t, tab.tabAround())
	tab.tabTo("start")
	tab.mark()
	tab.press(" ")
	tab.state("SERVICE_SCAN", "qr")
	s.world.control("scan", map[string]any{"phone": s.world.newPhone(), "qr": tab.readQR()})
	tab.state("CONNECTED", "ready")
	tab.expectMark()
	tab.tabTo("to-keys")
	tab.enter()
	tab.visible("key-reveal")
	tab.mark()
	tab.tabTo("key-reveal")
	tab.enter()
	tab.visible("key-value")
	tab.tabTo("snippet-python")
	tab.press(" ")
	tab.holds(`document.getElementById("snippet-python").open`)
	tab.expectMark()
	tab.tabAround()

	tab.tabTo("to-danger")
	tab.enter()
	tab.visible("logout")
	tab.tabTo("logout")
	tab.enter()
	tab.visible("logout-confirm")
	tab.tabTo("logout-confirm")
	tab.enter()
	tab.state("SERVICE_OFF", "logged_out")

	other := map[string]string{"id": "en", "en": "id"}[string(s.lang)]
	for _, lang := range []string{other, string(s.lang)} { // there and back
		tab.tabTo("user-menu")
		tab.enter()
		tab.tabTo("lang-" + lang)
		tab.enter()
		tab.holds(fmt.Sprintf(`document.documentElement.lang === %q && document.readyState === "complete"`, lang))
	}
	tab.tabTo("user-menu")
	tab.press(" ")
	tab.holds(`document.getElementById("user-menu").open`)
	tab.press(kb.Tab + kb.Escape) // leaves it and gives the focus back
	tab.holds(`!document.getElementById("user-menu").open`)
	tab.expect(`document.activeElement.dataset.testid`, "user-menu")
}
