package gallery_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	deviceviews "wadah/views/device"
)

// What is seen of a code, and of a click that came to nothing. How long it took does not
// count what the machine was late with.
const (
	codeSeen  = `document.getElementById("device-qr").checkVisibility({ visibilityProperty: true })`
	covered   = `!` + codeSeen + ` && document.querySelector("[data-testid=code-cover]").checkVisibility()`
	counting  = `document.querySelector(".countdown-text").textContent.startsWith("New code in")`
	stopped   = `document.querySelector(".countdown-text").textContent === "Countdown stopped"`
	notSent   = `document.querySelector("#notices .notice")?.textContent.includes("Not sent")`
	noAnswer  = `document.querySelector("#notices .notice")?.textContent.includes("No answer")`
	measuring = `(() => {
	  window.losses = window.renewals = 0;
	  let heard = performance.now(), ran = heard, late = 0;
	  setInterval(() => { late = Math.max(late, performance.now() - ran - 50); ran = performance.now(); }, 50);
	  document.addEventListener("htmx:sse:after:connection", () => { window.renewals++; });
	  document.addEventListener("htmx:sse:before:message", () => { heard = performance.now(); late = 0; });
	  document.addEventListener("wadah:lost", () => { window.losses++; window.took = performance.now() - heard - late; });
	})() ?? true`
)

// TestDeadLine: what a page says of itself when the server is not heard any more.
func TestDeadLine(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	open := func(t *testing.T, expected ...string) (*site, *tab) {
		t.Helper()
		s := newSite(t, func() deviceviews.DevicePage { return qrPage(10 * time.Minute) })
		b := newTab(browser, t, expected...)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming, counting, codeSeen, found, measuring)
		return s, b
	}

	t.Run("a silent server", func(t *testing.T) {
		t.Parallel()
		s, b := open(t)
		s.still.Store(true)
		b.holds(lost, covered, stopped, `took <= 5000`,
			`document.querySelector("#connection-lost time").textContent.includes(":")`,
			`getComputedStyle(document.querySelector(".badge")).outlineStyle === "dashed"`)
		s.still.Store(false) // the same connection
		b.holds(found, codeSeen, counting, `document.getElementById("announcer").textContent === "Connected again."`)
		if n := s.visited("stream"); n != 1 {
			t.Errorf("the stream was opened %d times, want once", n)
		}
		s.still.Store(true)
		b.holds(lost)
		b.holds(`renewals === 1`, found, codeSeen) // a cable that was pulled does not end a stream
	})

	t.Run("a code that ends without the next", func(t *testing.T) {
		t.Parallel()
		s, b := open(t)
		s.send(live(b.ctx, qrPage(2*time.Second)))
		b.holds(covered, `document.querySelector(".countdown-text").textContent === "A moment, please…"`)
		b.holds(found, `losses === 0`)
		s.send(live(b.ctx, qrPage(time.Minute)))
		b.holds(codeSeen, counting)
	})

	t.Run("a clock set back, a machine that slept", func(t *testing.T) {
		t.Parallel()
		s, b := open(t)
		b.holds(`(Date.now = ((real) => () => real() - 3600000)(Date.now)) && true`)
		b.holds(counting, `/New code in ([0-9]:|1?[0-9] s)/.test(document.querySelector(".countdown-text").textContent)`) // a beat has told the time
		s.still.Store(true)
		b.holds(lost, `took <= 5000`)
		s.still.Store(false)
		b.holds(found)
		b.holds(`(Date.now = ((real) => () => real() + 7200000)(Date.now)) && losses === 1`)
		b.holds(`losses === 2`) // what the other clock did not count
		b.holds(found, codeSeen)
	})

	t.Run("a tab that comes back", func(t *testing.T) {
		t.Parallel()
		s, b := open(t, "503", "SSE reconnect failed")
		b.holds(`Object.defineProperty(document, "hidden", { get: () => window.away, configurable: true }) && true`)
		show := func(away string) {
			b.holds(`(window.away = ` + away + `, document.dispatchEvent(new Event("visibilitychange")))`)
		}
		show("true")
		b.holds(`document.getElementById("live")._htmx.sse.reader === null`)
		b.holds(`(window.went = performance.now())`, `performance.now() - went > 6000`) // nobody looks, nothing is said
		b.holds(`losses === 0`, found)
		show("false")
		b.holds(`document.getElementById("live")._htmx.sse.reader`, codeSeen, `losses === 0`)
		show("true")
		b.holds(`document.getElementById("live")._htmx.sse.reader === null`)
		s.answer(http.StatusServiceUnavailable)
		show("false")
		b.holds(lost, covered)
		s.answer(0)
		b.holds(found, codeSeen)
	})

	t.Run("a tab behind others", func(t *testing.T) {
		t.Parallel()
		s, b := open(t)
		b.holds(`Object.defineProperty(document, "hidden", { get: () => window.away, configurable: true }) && true`,
			`(window.away = true, document.dispatchEvent(new Event("visibilitychange")))`,
			`document.getElementById("live")._htmx.sse.reader === null`)
		before := s.visited("stream")
		// As if the page had been opened only now.
		b.holds(`(document.getElementById("live").replaceWith(document.getElementById("live").cloneNode()), document.dispatchEvent(new Event("htmx:after:swap")))`)
		b.holds(`(window.went = performance.now())`, `performance.now() - went > 1000`, `!document.getElementById("live")._htmx?.sse`)
		if n := s.visited("stream"); n != before {
			t.Errorf("the stream was opened %d times while nobody looked", n-before)
		}
		b.holds(`(window.away = false, document.dispatchEvent(new Event("visibilitychange")))`)
		b.holds(`document.getElementById("live")._htmx?.sse?.reader`, codeSeen, found)
	})

	t.Run("clicks", func(t *testing.T) {
		t.Parallel()
		s, b := open(t, "503", "502", "htmx:error: timeout")
		s.still.Store(true)
		s.dead.Store(true)
		b.do(chromedp.Click(chromedp.CSS("#restart"))) // before anybody knows
		b.holds(`document.getElementById("restart").disabled`)
		b.holds(lost, noAnswer, `!document.getElementById("restart").disabled`, `document.getElementById("restart").ariaBusy === null`)
		b.do(chromedp.Click(chromedp.CSS(`[data-testid="pair-phone-open"]`)),
			chromedp.SendKeys(chromedp.CSS(`#pair-phone-number`), "62812"),
			chromedp.Click(chromedp.CSS(`#pair-phone-submit`)))
		b.holds(notSent, `document.getElementById("pair-phone-number").value === "62812"`)
		s.dead.Store(false)
		s.still.Store(false)
		b.holds(found)
		s.badGateway.Store(true)
		b.do(chromedp.Click(chromedp.CSS("#restart")))
		b.holds(noAnswer)
		b.do(chromedp.Click(chromedp.CSS(`#pair-phone-submit`)))
		b.holds(`location.pathname === "/devices/d1/pair"`) // there it is sent as ever
	})

	t.Run("a form that hangs", func(t *testing.T) {
		t.Parallel()
		s, b := open(t, "503", "network error") // giving up ends the stream, too
		s.still.Store(true)
		s.dead.Store(true)
		b.do(chromedp.Click(chromedp.CSS(`[data-testid="pair-phone-open"]`)),
			chromedp.SendKeys(chromedp.CSS(`#pair-phone-number`), "62812"))
		b.holds(`document.getElementById("pair-phone-submit").click() ?? true`)
		b.holds(lost, noAnswer, `document.getElementById("pair-phone-submit").ariaBusy === null`,
			`document.getElementById("pair-phone-number").value === "62812"`)
		s.still.Store(false)
		s.dead.Store(false)
		b.holds(found, codeSeen)
	})
}
