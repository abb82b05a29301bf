package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser process of this package's tests; starting one takes
// longer than most of what they do in it. TestMain ends it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := findBrowser()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless,
		chromedp.WindowSize(1280, 1000), chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", "SpareRendererForSitePerProcess,Translate"), // no process in advance for each tab
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", resolverRules),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("the browser cannot be used: %w", err)
	}
	opened = ctx
	return ctx, nil
})

var opened context.Context // what chromium has started; nil when no test needed it

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

// tab is a page of a real browser. It remembers what a page of ours must never
// do: report an error, break its content security policy, or ask another host.
// The test fails when it has done so by the time it closes.
type tab struct {
	t      *testing.T
	ctx    context.Context
	host   string
	accept string

	mu       sync.Mutex
	problems []string
	allowed  []string
}

// newBrowser opens a tab for a person who has never been here: cookies, storage
// and cache are its own. Accept is what the browser says about languages.
func newBrowser(t *testing.T, address, accept string) *tab {
	t.Helper()
	process, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	b := &tab{t: t, host: u.Host, accept: accept}
	b.attach(process, chromedp.WithNewBrowserContext())
	return b
}

// another opens a second tab for the same person.
func (b *tab) another(address string) *tab {
	b.t.Helper()
	other := &tab{t: b.t, host: b.host, accept: b.accept}
	other.attach(b.ctx)
	other.open(address)
	return other
}

func (b *tab) attach(parent context.Context, options ...chromedp.ContextOption) {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.watch))...)
	b.ctx = ctx
	b.t.Cleanup(cancel)
	b.t.Cleanup(b.checkClean)
	err := chromedp.Do(ctx)
	if err == nil {
		_, err = chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
			Headers: network.Headers{"Accept-Language": b.accept},
		})
	}
	if err == nil { // every tab is the one in front, as on a machine of its own
		_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
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

// allow forgives problems that a test provokes itself, before or after.
func (b *tab) allow(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, parts...)
}

// unforgiven are the problems that nobody allowed.
func (b *tab) unforgiven() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, p := range b.problems {
		forgiven := false
		for _, part := range b.allowed {
			forgiven = forgiven || strings.Contains(p, part)
		}
		if !forgiven {
			out = append(out, p)
		}
	}
	return out
}

// checkClean fails the test when the page did what it must not.
func (b *tab) checkClean() {
	for _, p := range b.unforgiven() {
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
	b.t.Fatalf("in the browser: %v\nproblems: %q\n%s\npage: %s", err, b.unforgiven(), b.stream(), page)
}
