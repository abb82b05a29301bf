package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/png" // screenshots
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// What a person does in a tab and what is seen there. Things on a page are named by
// their data-testid.

func testid(id string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + id + `"]`) }

func (b *tab) open(address string) {
	b.t.Helper()
	b.run(chromedp.Navigate(address))
}

func (b *tab) fill(id, text string) {
	b.t.Helper()
	b.onPage(chromedp.SendKeys(testid(id), text))
}

// retype marks what stands in a field and types over it.
func (b *tab) retype(id, text string) {
	b.t.Helper()
	b.visible(id)
	b.do(`(() => { const field = document.querySelector('[data-testid="` + id + `"]'); field.focus(); field.select(); })()`)
	b.press(text)
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.onPage(chromedp.Click(testid(id), chromedp.NodeVisible))
}

// onPage does something with an element. When the page it was found on has just given
// way to the next, it is looked for again.
func (b *tab) onPage(action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		err := chromedp.Do(ctx, action)
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "node with given id") {
			b.fatal(err)
		}
	}
}

// press sends keys to whatever has the focus.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

func (b *tab) enter() { b.t.Helper(); b.press(kb.Enter) }

func (b *tab) present(id string) {
	b.t.Helper()
	b.run(chromedp.WaitReady(testid(id)))
}

func (b *tab) visible(id string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(testid(id)))
}

func (b *tab) gone(id string) {
	b.t.Helper()
	b.run(chromedp.WaitNotVisible(testid(id)))
}

// text is what a person reads there, once it is there.
func (b *tab) text(id string) string {
	b.t.Helper()
	b.present(id)
	return strings.TrimSpace(value[string](b, b.read(id)))
}

func (b *tab) read(id string) string {
	return `(document.querySelector('[data-testid="` + id + `"]')?.innerText ?? "")`
}

// contains waits until a text can be read there, in small or capital letters.
func (b *tab) contains(id, text string) {
	b.t.Helper()
	b.holds(b.read(id) + `.toLowerCase().includes(` + jsonText(strings.ToLower(text)) + `)`)
}

// state waits until the page shows a device in a state.
func (b *tab) state(state, reason string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`[data-testid="device-state"][data-state=%q][data-reason=%q]`, state, reason))))
}

// value is what an expression is in the page; a promise is waited for.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// do runs a script in the page.
func (b *tab) do(script string) {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](script))
}

// expect waits until an expression is what it should be: a page that is shown may not be
// read to its end.
func (b *tab) expect(expression, want string) {
	b.t.Helper()
	within(b.t, patience, func() error {
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
		if err == nil && got != want {
			err = fmt.Errorf("%s is %q, want %q", expression, got, want)
		}
		return err
	})
}

// holds waits until every expression is true in the page. It asks from outside,
// because the policy of the page forbids what chromedp's own polling does.
func (b *tab) holds(expressions ...string) {
	b.t.Helper()
	b.holdsWithin(patience, expressions...)
}

func (b *tab) holdsWithin(limit time.Duration, expressions ...string) {
	b.t.Helper()
	for _, expression := range expressions {
		within(b.t, limit, func() error {
			// An error is a page on its way to the next one.
			ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
			if err == nil && !ok {
				err = fmt.Errorf("never came true: %s; problems: %q; %s", expression, b.unforgiven(), b.stream())
			}
			return err
		})
	}
}

// stream is how the page's event stream stands, for messages.
func (b *tab) stream() string {
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(() => {
	  const sse = document.getElementById("live")?._htmx?.sse;
	  return location.pathname + " is " + document.visibilityState + ", stream " + (sse ? "status " + sse.status + " attempt " + sse.attempt : "not there");
	})()`))
	if err != nil {
		return err.Error()
	}
	return at
}

// mark leaves something on the page that a reload would wipe away.
func (b *tab) mark() {
	b.t.Helper()
	b.do(`window.notReloaded = "yes"`)
}

func (b *tab) expectMark() {
	b.t.Helper()
	b.expect(`window.notReloaded || "reloaded"`, "yes")
}

// readQR takes pictures of the page until the code in one can be read, as the
// camera of a phone does.
func (b *tab) readQR() string {
	b.t.Helper()
	b.visible("device-qr")
	text, scale := "", 1.0
	eventually(b.t, func() error {
		page := ask(b, chromedp.CaptureScreenshot())
		closer := ask(b, chromedp.ScreenshotScale(testid("device-qr"), scale))
		scale += 0.5
		var err error
		if text, err = decodeQR(page); err != nil {
			text, err = decodeQR(closer)
		}
		return err
	})
	return text
}

func decodeQR(picture []byte) (string, error) {
	img, _, err := image.Decode(bytes.NewReader(picture))
	if err != nil {
		return "", err
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	found, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", fmt.Errorf("no QR code can be read in the page: %w", err)
	}
	return found.GetText(), nil
}
