package sandbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
)

// seed is the one all tests use, because the library's root key is a package
// variable: it is set once, before any test connects.
const seed = "sandbox tests"

// patience is how long a test waits for something that should come. It is long
// because the machine may be busy; nothing waits for all of it when all is well.
const patience = time.Minute

const (
	phoneA = "6281234567890"
	phoneB = "6289876543210"
)

func TestMain(m *testing.M) {
	whatsmeow.WACertPubKey = sandbox.RootKeyFromSeed(seed)
	m.Run()
}

// startService starts a service with the tests' seed and one phone.
func startService(t *testing.T, change func(*sandbox.Config)) *sandbox.Service {
	t.Helper()
	cfg := sandbox.Config{Seed: seed}
	if change != nil {
		change(&cfg)
	}
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if err := s.Start(); err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	if len(s.Phones()) == 0 {
		if _, err := s.AddPhone(phoneA, "Ana"); err != nil {
			t.Fatalf("AddPhone: %v", err)
		}
	}
	return s
}

// client is a genuine whatsmeow client together with the events it gave.
type client struct {
	*whatsmeow.Client
	t testing.TB

	mu     sync.Mutex
	events []any
	signal chan struct{}
}

// newClient makes a client on a device of the store and points it at a service.
func newClient(t testing.TB, s *sandbox.Service, device *store.Device) *client {
	t.Helper()
	c := &client{Client: whatsmeow.NewClient(device, nil), t: t, signal: make(chan struct{}, 1)}
	httpClient := httpTo(t, s)
	c.SetWebsocketHTTPClient(httpClient)
	c.SetPreLoginHTTPClient(httpClient)
	c.AddEventHandler(c.record)
	t.Cleanup(c.hangUp)
	return c
}

// httpTo is an HTTP client that reaches the service whatever host it asks for.
func httpTo(t testing.TB, s *sandbox.Service) *http.Client {
	t.Helper()
	address, err := url.Parse(s.URL())
	if err != nil {
		t.Fatalf("service URL: %v", err)
	}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, network, address.Host)
	}
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial, DialTLSContext: dial}}
}

// hangUp disconnects, unless the service has ended the connection for good: then
// the library is clearing up by itself, and Disconnect would race with that
// inside the library (FrameSocket.OnDisconnect).
func (c *client) hangUp() {
	c.mu.Lock()
	over := false
	for _, event := range c.events {
		switch event.(type) {
		case events.PermanentDisconnect, *events.PairError:
			over = true
		}
	}
	c.mu.Unlock()
	if !over {
		c.Disconnect()
	}
}

func (c *client) record(event any) {
	c.mu.Lock()
	c.events = append(c.events, event)
	c.mu.Unlock()
	select {
	case c.signal <- struct{}{}:
	default:
	}
}

// seen returns the events so far that are of type E.
func seen[E any](c *client) (found []E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range c.events {
		if e, ok := event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// waitFor waits for the n-th event of type E (1 is the first) and returns it.
func waitFor[E any](c *client, n int) E {
	c.t.Helper()
	timeout := time.After(patience)
	for {
		if found := seen[E](c); len(found) >= n {
			return found[n-1]
		}
		select {
		case <-c.signal:
		case <-timeout:
			c.t.Fatalf("no event %T number %d; got %s", *new(E), n, c.describe())
		}
	}
}

func (c *client) describe() (text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range c.events {
		text += fmt.Sprintf("%T ", event)
	}
	return text
}

// eventually waits until a condition of the service holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("never happened: %s", what)
		}
	}
}

// connect connects and fails the test when that does.
func (c *client) connect() {
	c.t.Helper()
	if err := c.Connect(); err != nil {
		c.t.Fatalf("Connect: %v", err)
	}
}

// linkNew links a new device of the store to a phone and waits until it is online.
func linkNew(t *testing.T, s *sandbox.Service, container *deviceStore, number string) (*client, sandbox.Companion) {
	t.Helper()
	c := newClient(t, s, container.NewDevice())
	c.connect()
	qr := waitFor[*events.QR](c, 1)
	companion, err := s.Scan(t.Context(), number, qr.Codes[0])
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	waitFor[*events.PairSuccess](c, 1)
	waitFor[*events.Connected](c, 1)
	return c, companion
}
