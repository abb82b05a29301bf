package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// ScanLink makes a scan link in the panel and returns its path.
func (e *env) scanLink(b *browser, id string) string {
	e.t.Helper()
	page := b.post("/devices/"+id+"/scan-links", url.Values{"life": {"15m"}})
	page.has(e.t, http.StatusOK, "scan-link-url")
	path := page.match(e.t, `data-testid="scan-link-url">http://[^/]+(/scan/[^<]+)<`)
	e.secrets = append(e.secrets, strings.TrimPrefix(path, "/scan/"))
	return path
}

// gone waits until a scan link opens nothing.
func (e *env) gone(path string) answer {
	e.t.Helper()
	got := e.get(path)
	got.has(e.t, http.StatusGone, "scan-over")
	return got
}

// The windows of a guest share few streams as those of the panel do; another guest has others.
func TestGuestsWindowsShareFewStreams(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	path := e.scanLink(e.admin(), id)
	for range 2 {
		guest := e.browser()
		guest.get(path).has(t, http.StatusOK, "scan-live")
		for range 4 {
			e.feed(guest.client, path+"/events?lines=few").until("wadah:beat")
		}
		e.feed(guest.client, path+"/events?lines=few").until("wadah:again")
		e.feed(guest.client, path+"/events").until("wadah:beat") // its browser has connections enough
	}
}

func TestScanLink(t *testing.T) {
	e := newEnv(t)
	id, key := e.device("Kasir")
	b := e.admin()
	path := e.scanLink(b, id)
	stranger := e.browser()
	stranger.get(path).has(t, http.StatusOK, "scan-live", "scan-start")
	stranger.post(path+"/start", nil).leads(t, path)
	e.await(id, session.StateScan)
	page := stranger.get(path)
	page.has(t, http.StatusOK, "device-qr", "scan-ends")
	for _, forbidden := range []string{id, key, "/devices", "/account", "data-testid=\"signout\""} {
		if strings.Contains(page.body, forbidden) {
			t.Errorf("the page of a stranger shows %q", forbidden)
		}
	}
	for header, want := range map[string]string{
		"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
	} {
		if got := page.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	// The link opens its page and nothing else.
	for _, other := range []string{"/devices", "/devices/" + id, "/events?device=" + id, "/devices/" + id + "/qr.png", "/account"} {
		if got := stranger.get(other); got.StatusCode == http.StatusOK {
			t.Errorf("%s is open to a stranger", other)
		}
	}

	stranger.post(path+"/pair", url.Values{"phone": {"12"}}).has(t, http.StatusUnprocessableEntity, "scan-live")
	stranger.post(path+"/pair", url.Values{"phone": {"6281234567890"}}).leads(t, path)
	coded := stranger.get(path)
	coded.has(t, http.StatusOK, "pair-phone-code", "pair-phone-for")
	if strings.Contains(coded.body, "+62 812-3456") || !strings.Contains(coded.body, "…7890") {
		t.Error("the page shows strangers the number, or not its end")
	}

	stream, err := stranger.client.Do(e.request(http.MethodGet, path+"/events", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() || lines.Text() != "event: wadah:hello" {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	e.link(id, "6281234567890:1@s.whatsapp.net")
	done, last := false, ""
	for lines.Scan() { // the server ends it when the device is connected
		done = done || strings.Contains(lines.Text(), `data-testid="scan-done"`)
		if strings.HasPrefix(lines.Text(), "event: ") {
			last = lines.Text()
		}
		if strings.Contains(lines.Text(), "6281234567890") {
			t.Error("the stream shows the number")
		}
	}
	if !done {
		t.Error("who scanned was not told that it worked")
	}
	if last != "event: wadah:done" { // or the page would come back and find the link used
		t.Errorf("the stream ends with %q", last)
	}
	if got := e.gone(path); !strings.Contains(got.body, "tone-ok") {
		t.Error("the page does not say that the device was linked")
	}
	if got := e.get(path + "/events"); got.StatusCode != http.StatusNotFound {
		t.Errorf("the stream of a used link: %d", got.StatusCode)
	}
	b.post("/devices/"+id+"/logout", url.Values{"confirm": {"yes"}}).leads(t, "/devices/"+id)
	e.gone(path) // for good
	for action, times := range map[string]int{"scanlink.create": 1, "scanlink.open": 1, "device.pair": 1} {
		e.audited(action, times)
	}
}

func TestScanLinkEndsWithoutWatcher(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	path := e.scanLink(e.admin(), id)
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	late := time.After(10 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		links, err := e.store.ScanLinks(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(links) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the link of a connected device is still valid")
		}
	}
	if _, err := e.manager.LogoutDevice(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	e.gone(path)
}

func TestScanLinkRefusals(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b := e.admin()
	for _, path := range []string{"/scan/x", "/scan/" + strings.Repeat("x", 32), "/scan/" + strings.Repeat("x", 5000)} {
		e.gone(path)
		if got := e.get(path + "/events"); got.StatusCode != http.StatusNotFound {
			t.Errorf("the stream of no link: %d", got.StatusCode)
		}
	}
	revoked := e.scanLink(b, id)
	row := b.get("/devices/"+id).match(t, `data-link="([^"]+)"`)
	stream, err := http.Get(e.url + revoked + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		t.Fatal("the stream does not begin")
	}
	b.post("/devices/"+id+"/scan-links/"+row+"/revoke", nil).leads(t, "/devices/"+id)
	e.gone(revoked)
	ended := false
	for lines.Scan() {
		ended = ended || lines.Text() == "event: wadah:ended"
	}
	if !ended {
		t.Error("the page of a revoked link stays open")
	}
	e.audited("scanlink.revoke", 1)

	expired := e.scanLink(b, id)
	e.later.Add(int64(models.DefaultScanLinkLife))
	e.gone(expired)

	for _, life := range []string{"1s", "48h", "soon", "-5m"} {
		if got := b.post("/devices/"+id+"/scan-links", url.Values{"life": {life}}); got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a link for %s: %d", life, got.StatusCode)
		}
	}
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	if got := b.post("/devices/"+id+"/scan-links", nil); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a link for a linked device: %d", got.StatusCode)
	}
}
