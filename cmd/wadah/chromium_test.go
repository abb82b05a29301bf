package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/png" // screenshots
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// tab is a page of a real browser. It remembers what a page of ours must never
// do: report an error, break its content security policy, or ask another host.
type tab struct {
	t      *testing.T
	ctx    context.Context
	host   string
	accept string

	mu       sync.Mutex
	problems []string
}

// newBrowser starts a browser with a profile of its own and opens a tab in it.
func newBrowser(t *testing.T, address, accept string) *tab {
	t.Helper()
	path, err := findBrowser()
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless,
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 1000),
		chromedp.Flag("disable-quic", true), chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancelTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		// Ends the browser and waits for it, so that its profile can be removed.
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("the browser did not end well: %v", err)
		}
		cancelTab()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, ctx: ctx, host: u.Host, accept: accept}
	b.attach()
	return b
}

// findBrowser is the browser that .ci/test found, or the one in the path.
func findBrowser() (string, error) {
	if path := os.Getenv("WADAH_TEST_BROWSER"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the browser tests need Chromium or Chrome: install one, or name it in WADAH_TEST_BROWSER; make test does so by itself on Debian")
}

// another opens a second tab of the same browser.
func (b *tab) another(address string) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	other := &tab{t: b.t, ctx: ctx, host: b.host, accept: b.accept}
	other.attach()
	other.open(address)
	return other
}

func (b *tab) attach() {
	b.t.Helper()
	err := chromedp.Do(b.ctx) // starts the browser, or opens the tab
	if err == nil {
		err = chromedp.Listen(b.ctx, b.watch)
	}
	if err == nil {
		_, err = chromedp.Call(b.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": b.accept},
		})
	}
	if err != nil {
		b.t.Fatalf("the browser cannot be used: %v", err)
	}
}

func (b *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problem("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			b.problem(fmt.Sprintf("console.%s: %s", e.Type, arguments(e.Args)))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.problem(fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || (u.Scheme != "data" && u.Scheme != "blob" && u.Host != b.host) {
			b.problem("request to another host: " + e.Request.URL)
		}
	}
}

func arguments(args []*runtime.RemoteObject) string {
	var out []string
	for _, a := range args {
		out = append(out, string(a.Value)+a.Description)
	}
	return strings.Join(out, " ")
}

func (b *tab) problem(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, text)
}

// allow forgives problems that a test provokes itself.
func (b *tab) allow(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rest []string
	for _, p := range b.problems {
		forgiven := false
		for _, part := range parts {
			forgiven = forgiven || strings.Contains(p, part)
		}
		if !forgiven {
			rest = append(rest, p)
		}
	}
	b.problems = rest
}

// checkClean fails the test when the page did what it must not.
func (b *tab) checkClean() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("the browser reports: %s", p)
	}
}

// run does something in the tab within the tests' patience. On failure it shows
// what the page says.
func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.fatal(err)
	}
}

// ask does something that has an answer.
func ask[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, action)
	if err != nil {
		b.fatal(err)
	}
	return answer
}

func (b *tab) fatal(err error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	page, shown := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if shown != nil {
		page = shown.Error()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.t.Fatalf("in the browser: %v\nproblems: %q\npage: %s", err, b.problems, page)
}

func testid(id string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + id + `"]`) }

func (b *tab) open(address string) {
	b.t.Helper()
	b.run(chromedp.Navigate(address))
}

func (b *tab) fill(id, text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys(testid(id), text))
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.run(chromedp.Click(testid(id), chromedp.NodeVisible))
}

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

func (b *tab) text(id string) string {
	b.t.Helper()
	return strings.TrimSpace(ask(b, chromedp.Text(testid(id))))
}

func (b *tab) contains(id, text string) {
	b.t.Helper()
	if got := b.text(id); !strings.Contains(strings.ToLower(got), strings.ToLower(text)) {
		b.t.Errorf("%s says %q, want %q", id, got, text)
	}
}

// state waits until the page shows a device in a state.
func (b *tab) state(state, reason string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`[data-testid="device-state"][data-state=%q][data-reason=%q]`, state, reason))))
}

func (b *tab) expect(expression, want string) {
	b.t.Helper()
	if got := ask(b, chromedp.Evaluate[string](expression)); got != want {
		b.t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// mark leaves something on the page that a reload would wipe away.
func (b *tab) mark() {
	b.t.Helper()
	b.run(chromedp.Evaluate[chromedp.Void](`window.notReloaded = "yes"`))
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
