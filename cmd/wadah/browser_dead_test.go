package main

import "github.com/chromedp/chromedp"

// A code whose server or line is dead must look dead within this time, in milliseconds.
const deadWithin = 5000

// watchLosses takes the time from the last that was heard to the moment in which the page
// says so, without what the machine was late with.
const watchLosses = `
let heard = performance.now(), ran = heard, late = 0;
window.took = null;
setInterval(() => { late = Math.max(late, performance.now() - ran - 50); ran = performance.now(); }, 50);
document.addEventListener("htmx:sse:before:message", () => { heard = performance.now(); late = 0; });
document.addEventListener("wadah:lost", () => { window.took = performance.now() - heard - late; });`

// codeAwaited: the page shows that a device can be scanned. The phones do so by a button.
const codeAwaited = `document.querySelector("[data-state=SERVICE_SCAN], [data-testid=phone-scan]")`

// looksDead waits until the page says that it has lost its server, and looks whether
// that was in time and nothing on it pretends to know.
func (s scene) looksDead(b *tab) {
	s.t.Helper()
	b.visible("connection-lost")
	b.contains("connection-lost", s.lang.T("lost.title"))
	if took := value[float64](b, `took`); took > deadWithin {
		s.t.Errorf("%s looks alive for %.0f ms", value[string](b, `location.pathname`), took)
	}
	b.holds(`[...document.querySelectorAll(".countdown-text")].every((text) => text.textContent === ` + jsonText(s.lang.T("countdown.stopped")) + `)`)
}

// codeIsCovered looks at the page as the camera of a phone does, too.
func (s scene) codeIsCovered(b *tab) {
	s.t.Helper()
	b.contains("code-cover", s.lang.T("code.covered"))
	b.holds(`!document.getElementById("device-qr").checkVisibility()`)
	if code, err := decodeQR(ask(b, chromedp.CaptureScreenshot())); err == nil {
		s.t.Errorf("a dead code can be scanned: %s", code)
	}
}

// The server freezes, or the line is cut, while codes wait to be scanned: no code, count
// or button goes on as if somebody were there, and all of it heals by itself.
func (s scene) deadCodes() {
	path, key := s.device("Beku")
	s.server.must("serviceStart", key)
	s.server.is(key, "SERVICE_SCAN", "qr")
	line := layCable(s.t, s.server)
	page := s.signedIn()
	page.host = line.url[len("http://"):]
	page.open(line.url + path)
	page.state("SERVICE_SCAN", "qr")
	page.click("scan-link-create")
	page.visible("scan-link-url")
	list := page.another(line.url + "/devices?q=Beku")
	guest := newBrowser(s.t, line.url, page.accept)
	guest.open(page.text("scan-link-url"))
	phones := page.another(line.url + "/phones")
	tabs := []*tab{page, list, guest, phones}

	for name, fault := range map[string]struct{ begins, ends func() }{
		"frozen": {s.server.freeze, s.server.thaw},
		"cut":    {line.sever, line.mend},
	} {
		s.t.Log(name)
		for _, b := range tabs {
			b.holds(codeAwaited, `document.getElementById("live")._htmx?.sse?.reader`)
			b.allow(append(lostServer, "htmx:error: timeout", "ERR_TIMED_OUT", "signal timed out", "aborted")...)
			b.mark()
			b.do(`(() => {` + watchLosses + `})()`)
		}
		fault.begins()
		for _, b := range tabs {
			s.looksDead(b)
		}
		s.codeIsCovered(page)
		s.codeIsCovered(guest)
		page.click("restart")
		phones.click("phone-online") // as all clicks here it may be done later, and is harmless then
		for _, b := range []*tab{page, phones} {
			b.contains("flash", s.lang.T("lost.no_answer"))
			b.holds(`document.querySelectorAll("main [disabled], main [aria-busy=true]").length === 0`)
		}
		guest.do(`document.getElementById("pair-phone-details").open = true`)
		guest.retype("pair-phone-number", "62812")
		guest.click("pair-phone-submit")
		guest.contains("flash", s.lang.T("lost.not_sent"))
		fault.ends()
		for _, b := range tabs {
			b.gone("connection-lost")
			b.holds(codeAwaited)
			b.expectMark()
			b.do(`document.querySelector(".notice-close")?.click()`)
			b.holds(`!document.querySelector("[data-testid=flash]")`)
		}
		guest.expect(`document.getElementById("pair-phone-number").value`, "62812")
		page.holds(`document.querySelector(".countdown-text").textContent.startsWith(` + jsonText(s.lang.T("qr.renews")) + `)`)
		page.readQR()
		guest.readQR()
	}
	s.server.must("serviceDestroy", key)
}
