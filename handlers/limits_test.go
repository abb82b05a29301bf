package handlers_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/handlers/limit"
	"wadah/models"
	"wadah/session"
)

// limited is a server with changed limits.
func limited(t *testing.T, change func(*limit.Limits), more ...func(*handlers.Config)) *env {
	t.Helper()
	return newEnv(t, append(more, func(c *handlers.Config) { change(&c.Limits) })...)
}

// refusedFor fails unless the answer says too many requests, and for how long.
func (a answer) refusedFor(t *testing.T) {
	t.Helper()
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if a.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 {
		t.Errorf("%s: %d with Retry-After %q", a.Request.URL.Path, a.StatusCode, a.Header.Get("Retry-After"))
	}
}

func TestRatePerKey(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.KeyRate, l.KeyBurst = 1, 3 })
	_, one := e.device("Kasir")
	_, two := e.device("Gudang")
	for range 3 {
		if got := e.state(one); got.StatusCode != http.StatusOK {
			t.Fatalf("within the burst: %d", got.StatusCode)
		}
	}
	over := e.state(one)
	over.refusedFor(t)
	if want := `{"code":429,"results":{"message":"`; !strings.HasPrefix(over.body, want) || over.Header.Get("Content-Type") != "application/json" {
		t.Errorf("refused with %s", over.body)
	}
	if got := e.state(two); got.StatusCode != http.StatusOK {
		t.Errorf("another key pays for the first: %d", got.StatusCode)
	}
}

func TestRatePerAddress(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.AddressRate, l.AddressBurst = 1, 3 }, func(c *handlers.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	_, key := e.device("Kasir")
	e.user("boss", models.RoleAdmin)
	from := func(path, address string) answer {
		r := e.request(http.MethodGet, path, nil)
		r.Header.Set("X-Forwarded-For", address)
		return e.send(r)
	}
	for range 3 {
		if got := from("/api/getState?apiKey="+key, "192.0.2.1"); got.StatusCode != http.StatusOK {
			t.Fatalf("within the burst: %d", got.StatusCode)
		}
	}
	from("/api/getState?apiKey="+key, "192.0.2.1").refusedFor(t)
	from("/api/getWWebVersion", "192.0.2.1").refusedFor(t)
	from("/api/listDevice", "192.0.2.1").refusedFor(t)
	panel := from("/signin", "192.0.2.1")
	panel.refusedFor(t)
	panel.has(t, http.StatusTooManyRequests, "error-message")
	if got := from("/healthz", "192.0.2.1"); got.StatusCode != http.StatusOK {
		t.Errorf("a monitor was refused: %d", got.StatusCode)
	}
	if got := from("/signin", "192.0.2.2"); got.StatusCode != http.StatusOK {
		t.Errorf("another address pays for the first: %d", got.StatusCode)
	}
	for i := range 3 { // one /64 is one client
		from("/signin", "2001:db8::"+strconv.Itoa(i+1))
	}
	from("/signin", "2001:db8::ffff").refusedFor(t)
}

// Forwarding headers of somebody who is no configured proxy change nothing.
func TestForgedAddress(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.AddressRate, l.AddressBurst = 1, 3 })
	for i := range 3 {
		r := e.request(http.MethodGet, "/signin", nil)
		r.Header.Set("X-Forwarded-For", "192.0.2."+strconv.Itoa(i))
		e.send(r)
	}
	r := e.request(http.MethodGet, "/signin", nil)
	r.Header.Set("X-Forwarded-For", "192.0.2.99")
	e.send(r).refusedFor(t)
}

func TestStreamsPerKeyAndLogin(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.KeyStreams, l.LoginStreams = 2, 3 })
	id, key := e.device("Kasir")
	_, other := e.device("Gudang")
	b := e.admin()
	var open []*http.Response
	opened := func(path string) *http.Response {
		res, err := b.client.Do(e.request(http.MethodGet, path, nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	for range 2 {
		open = append(open, opened("/api/events?apiKey="+key))
	}
	for _, res := range open {
		if res.StatusCode != http.StatusOK {
			t.Fatalf("within the limit: %d", res.StatusCode)
		}
	}
	if got := opened("/api/events?apiKey=" + key); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
		t.Errorf("one stream too many: %d", got.StatusCode)
	}
	if got := opened("/api/events?apiKey=" + other); got.StatusCode != http.StatusOK {
		t.Errorf("another key's stream: %d", got.StatusCode)
	}
	for range 3 {
		if got := opened("/events?device=" + id); got.StatusCode != http.StatusOK {
			t.Fatalf("a login's stream: %d", got.StatusCode)
		}
	}
	if got := opened("/events?page=devices"); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one stream of a login too many: %d", got.StatusCode)
	}
	// A closed stream makes room.
	open[0].Body.Close()
	room := func() bool { return opened("/api/events?apiKey="+key).StatusCode == http.StatusOK }
	for range 1000 {
		if room() {
			return
		}
	}
	t.Error("a closed stream makes no room")
}

// The windows of a browser that has few connections share four streams. Another window is told
// how things are and when to ask again, until one lets go of its stream.
func TestWindowsShareFewStreams(t *testing.T) {
	e := newEnv(t)
	id, _ := e.device("Kasir")
	b, other := e.admin(), e.signedIn("boss")
	path := "/events?device=" + id + "&lines=few"
	held := make([]*feed, 4)
	for i := range held {
		held[i] = e.feed(b.client, path)
		held[i].until("device-live")
	}
	glance := func() (stays bool) {
		f := e.feed(b.client, path)
		f.until("event: wadah:hello", "retry: 500")
		f.until("device-live", "Kasir")
		again := ""
		for frame := range f.frames {
			if strings.HasPrefix(frame, "event: wadah:beat") {
				return true
			}
			again = frame
		}
		if !strings.HasPrefix(again, "event: wadah:again") || !strings.Contains(again, "retry: 5000") {
			t.Errorf("the last message: %q", again)
		}
		return false
	}
	for range 5 {
		if glance() {
			t.Fatal("a fifth window has a stream")
		}
	}
	for _, f := range []*feed{e.feed(b.client, "/events?device="+id), e.feed(other.client, path)} {
		f.until("device-live")
		f.until("event: wadah:beat") // they stay
	}
	held[0].head.Body.Close()
	for range 1000 {
		if glance() {
			return
		}
	}
	t.Error("a window that is closed makes no room for another")
}

func TestNumberOfDevices(t *testing.T) {
	e := newEnvWith(t, func(c *session.Config) { c.MaxDevices = 1 })
	b := e.admin()
	if got := b.post("/devices", url.Values{"name": {"Kasir"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("the first device: %d", got.StatusCode)
	}
	if got := b.post("/devices", url.Values{"name": {"Gudang"}}); got.StatusCode != http.StatusConflict {
		t.Errorf("one device too many: %d", got.StatusCode)
	}
	if n := len(e.manager.Snapshots()); n != 1 {
		t.Errorf("%d devices", n)
	}
}

func TestBodyLimit(t *testing.T) {
	e := limited(t, func(l *limit.Limits) { l.MaxBody = 1000 })
	_, key := e.device("Kasir")
	form := func(n int) url.Values { return url.Values{"apiKey": {key}, "x": {strings.Repeat("x", n)}} }
	if got := e.send(e.form("/api/getState", form(900))); got.StatusCode != http.StatusOK {
		t.Errorf("within the limit: %d", got.StatusCode)
	}
	if got := e.send(e.form("/api/getState", form(1000))); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an API body over the limit: %d", got.StatusCode)
	}
	if got := e.admin().post("/devices", url.Values{"name": {strings.Repeat("x", 1000)}}); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a form over the limit: %d", got.StatusCode)
	}
}
