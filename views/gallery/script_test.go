package gallery_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wadah/views"
	deviceviews "wadah/views/device"
	"wadah/views/gallery"
)

func qrPage(valid time.Duration) deviceviews.DevicePage {
	d := states()["qr"]
	d.QR = &views.QR{Src: onePixel, From: time.Now(), Expires: time.Now().Add(valid)}
	d.Since = time.Now().Add(-5 * time.Minute)
	return devicePage(views.English, d)
}

// What the page's script knows of the stream: connected, and how the notice stands.
const (
	streaming = `document.getElementById("live")._htmx?.sse != null`
	lost      = `!document.getElementById("connection-lost").hidden`
	found     = `document.getElementById("connection-lost").hidden`
)

// TestPageScript drives wadah.js, htmx and hx-sse in a real browser under the policy
// of the product.
func TestPageScript(t *testing.T) {
	t.Parallel()
	browser := startBrowser(t)
	open := func(t *testing.T, expected ...string) (*site, *tab) {
		t.Helper()
		s := newSite(t, func() deviceviews.DevicePage { return qrPage(30 * time.Second) })
		return s, newTab(browser, t, expected...)
	}

	t.Run("a live page keeps what a person is doing", func(t *testing.T) {
		s, b := open(t)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming,
			`document.querySelector(".countdown-text").textContent.startsWith("New code in")`,
			`document.querySelector("time[data-ago]").textContent === "5 minutes ago"`,
			`document.documentElement.classList.contains("js")`)
		b.do(chromedp.Click(chromedp.CSS(`[data-testid="pair-phone-open"]`)),
			chromedp.SendKeys(chromedp.CSS(`#pair-phone-number`), "62812"),
			chromedp.Focus(chromedp.CSS(`#pair-phone-number`)))

		p := qrPage(20 * time.Second)
		p.Device.Name = "Renamed Elsewhere"
		s.send(live(b.ctx, p))
		b.holds(`document.getElementById("device-name").textContent === "Renamed Elsewhere"`,
			`document.getElementById("pair-phone-number").value === "62812"`,
			`document.activeElement.id === "pair-phone-number"`,
			`document.getElementById("pair-phone-details").open`,
			`document.getElementById("announcer").textContent.startsWith("Renamed Elsewhere")`)
		b.do(chromedp.Focus(chromedp.CSS(`#stop`)))

		p.Device = gallery.Linked(noon, "CONNECTED", "ready")
		s.send(live(b.ctx, p))
		b.holds(`document.querySelector('#device-live [data-state="CONNECTED"]') !== null`,
			`document.querySelector('[data-testid="device-qr"]') === null`,
			`document.activeElement.id === "stop"`,
			`!document.getElementById("pair-phone").checkVisibility()`, found)
		if n := s.visited("page"); n != 1 {
			t.Errorf("the page was loaded %d times, want once", n)
		}
	})

	t.Run("a button at work stays so whatever the stream sends", func(t *testing.T) {
		s, b := open(t)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming)
		b.do(chromedp.Click(chromedp.CSS("#restart")))
		atWork := `document.getElementById("restart").disabled && document.getElementById("restart").ariaBusy === "true"`
		b.holds(atWork)
		p := qrPage(20 * time.Second)
		p.Device.Name = "Renamed Elsewhere"
		s.send(live(b.ctx, p))
		b.holds(`document.getElementById("device-name").textContent === "Renamed Elsewhere"`)
		if now, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](atWork)); err != nil || !now {
			t.Errorf("the button can be pressed again: %v", err)
		}
		close(s.slow)
		b.holds(`!document.getElementById("restart").disabled`, `document.getElementById("restart").ariaBusy === null`)
	})

	t.Run("on a slow line the stream opens all the same", func(t *testing.T) {
		s, b := open(t)
		s.late = make(chan struct{})
		b.do(chromedp.Evaluate[chromedp.Void](`location.assign("` + s.URL + `/devices/d1")`)) // does not wait for the page
		b.holds(`document.querySelector("[data-htmx-powered]")`)                              // htmx has begun
		close(s.late)
		b.holds(streaming, found)
	})

	t.Run("a countdown follows the server's clock", func(t *testing.T) {
		s, b := open(t)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming)
		ahead := time.Now().Add(time.Hour)
		p := qrPage(20 * time.Second)
		p.Device.QR.From, p.Device.QR.Expires = ahead, ahead.Add(40*time.Second)
		s.send(views.Hello(ahead))
		s.send(live(b.ctx, p))
		b.holds(`/New code in [1-4][0-9] s/.test(document.querySelector(".countdown-text").textContent)`)
	})

	t.Run("a lost connection is shown and heals", func(t *testing.T) {
		s, b := open(t, "503", "SSE reconnect failed")
		b.open(s.URL + "/devices/d1")
		b.holds(streaming)
		s.answer(http.StatusServiceUnavailable)
		s.drop()
		b.holds(lost)
		s.answer(0)
		b.holds(found, streaming)
	})

	t.Run("a stream that fails at first is tried again", func(t *testing.T) {
		s, b := open(t, "503")
		s.answer(http.StatusServiceUnavailable)
		b.open(s.URL + "/devices/d1")
		b.holds(lost)
		s.answer(0)
		b.holds(streaming, found)
	})

	t.Run("a login that ended reloads the page", func(t *testing.T) {
		for name, end := range map[string]func(*site){
			"told":    func(s *site) { s.send(views.Ended()) },
			"refused": func(s *site) { s.answer(http.StatusUnauthorized); s.drop() },
		} {
			t.Run(name, func(t *testing.T) {
				s, b := open(t, "401", "SSE reconnect failed")
				b.open(s.URL + "/devices/d1")
				b.holds(streaming, `window.before = true`)
				end(s)
				b.holds(`window.before === undefined && document.getElementById("device-name")`)
				if name == "refused" {
					b.holds(lost) // and not one reload after the other
					if n := s.visited("page"); n != 2 {
						t.Errorf("the page was loaded %d times, want twice", n)
					}
				}
			})
		}
	})

	t.Run("a stream that is done is left alone", func(t *testing.T) {
		s, b := open(t)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming, `window.before = true`)
		s.send(views.Done())
		b.holds(`document.getElementById("live")._htmx?.sse == null`, found, `window.before`)
		if n := s.visited("stream"); n != 1 {
			t.Errorf("the page came %d times, want once", n)
		}
	})

	t.Run("a deleted device's page says so", func(t *testing.T) {
		s, b := open(t)
		b.open(s.URL + "/devices/d1")
		b.holds(streaming, `window.before = true`)
		part, err := deviceviews.GonePartial(b.ctx, views.English, "Kasir", time.Now(), false)
		if err != nil {
			t.Fatal(err)
		}
		s.send(slices.Concat(views.Message(part), views.Done()))
		b.holds(`document.querySelector('[data-testid="device-gone"] h1').textContent === "Kasir was deleted"`,
			`!document.getElementById("device-live")`, `document.getElementById("live")._htmx?.sse == null`, found, `window.before`)
	})
}
