package main

import "strings"

// renewal is a device that waits to be scanned until its first QR code has ended, which
// takes a minute: it begins before the other stories and ends after them.
type renewal struct {
	scene
	page *tab
	code string // the first
	over bool
}

// watchRenewal keeps what was heard and seen at the moment of the first new code; later
// other things may have happened.
const watchRenewal = `
const first = document.getElementById("device-qr").src;
window.emptied = () => Number(document.querySelector("#device-qr-countdown .ring-value").getAttribute("stroke-dashoffset"));
const look = setInterval(() => {
  const code = document.getElementById("device-qr");
  if (!code || code.src === first) return;
  clearInterval(look);
  setTimeout(() => { window.renewed = { heard: [...heard], moved: shifted, ring: emptied() }; }, 1000);
}, 100);`

func (s scene) renewalBegins() *renewal {
	s.t.Helper()
	path, _ := s.device("Perbarui")
	r := &renewal{scene: s, page: s.visit(path)}
	r.page.mark()
	r.page.click("start")
	r.page.state("SERVICE_SCAN", "qr")
	r.code = r.page.readQR()
	r.page.do(hearLiveRegions)
	r.page.do(watchShifts)
	r.page.do(`(() => {` + watchRenewal + `})()`)
	now := jsonText(value[float64](r.page, `emptied()`))
	r.page.holds(`emptied() > ` + now) // the ring runs down
	return r
}

// look ends the story between two others, once the new code is there: a round of codes
// ends after 160 s, and the others may take longer.
func (r *renewal) look() {
	if !r.over && value[bool](r.page, `Boolean(window.renewed)`) {
		r.ends()
	}
}

// ends waits for the next code. It stands where the first stood, with a full ring,
// without a reload, and without a word to screen readers: a code is not what changed.
func (r *renewal) ends() {
	r.t.Helper()
	if r.over {
		return
	}
	r.over = true
	r.page.holdsWithin(2*patience, `window.renewed`)
	if heard := value[[]string](r.page, `renewed.heard`); len(heard) != 0 {
		r.t.Errorf("with a new code, was told: %s", strings.Join(heard, "; "))
	}
	if moved := value[float64](r.page, `renewed.moved`); moved >= 0.01 {
		r.t.Errorf("a new code moved the page by %.4f of the window", moved)
	}
	if ring := value[float64](r.page, `renewed.ring`); ring > 50 {
		r.t.Errorf("beside the new code %.0f %% of the ring are gone", ring)
	}
	r.page.expectMark()
	code := r.page.readQR()
	if code == r.code {
		r.t.Error("the code is the same")
	}
	r.world.control("scan", map[string]any{"phone": r.world.newPhone(), "qr": code})
	r.page.state("CONNECTED", "ready")
	r.page.allow(lostServer...) // what comes now
}
