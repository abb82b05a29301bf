// Package sandboxtest lets tests meet the simulated WhatsApp with genuine whatsmeow
// clients.
package sandboxtest

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
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
)

// Seed is the one all tests use, because the library's root key is a package
// variable: it is set once, before any test connects.
const Seed = "sandbox tests"

// Patience is how long a test waits for something that should come. It is long
// because the machine may be busy; nothing waits for all of it when all is well.
const Patience = time.Minute

// The numbers of the phones in the tests.
const (
	PhoneA = "6281234567890"
	PhoneB = "6289876543210"
)

// Main is what a TestMain calls: it makes the library trust services with the tests'
// seed.
func Main(m *testing.M) {
	whatsmeow.WACertPubKey = sandbox.RootKeyFromSeed(Seed)
	m.Run()
}

// Start starts a service with the tests' seed and one phone, [PhoneA].
func Start(t testing.TB, change func(*sandbox.Config)) *sandbox.Service {
	t.Helper()
	cfg := sandbox.Config{Seed: Seed, CloseLinger: time.Second} // a busy machine reads late
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
		if _, err := s.AddPhone(PhoneA, "Ana"); err != nil {
			t.Fatalf("AddPhone: %v", err)
		}
	}
	return s
}

// Client is a genuine whatsmeow client together with the events it gave.
type Client struct {
	*whatsmeow.Client
	t testing.TB

	mu     sync.Mutex
	events []any
	signal chan struct{}
}

// NewClient makes a client on a device of the store and points it at a service.
func NewClient(t testing.TB, s *sandbox.Service, device *store.Device) *Client {
	t.Helper()
	c := &Client{Client: whatsmeow.NewClient(device, nil), t: t, signal: make(chan struct{}, 1)}
	// Left to itself, the library reads the history beside the settings, and both change
	// the device in its store without a lock.
	c.ManualHistorySyncDownload = true
	httpClient := HTTPTo(t, s)
	c.SetWebsocketHTTPClient(httpClient)
	c.SetPreLoginHTTPClient(httpClient)
	c.SetMediaHTTPClient(httpClient)
	c.AddEventHandler(c.record)
	t.Cleanup(c.hangUp)
	return c
}

// HTTPTo is an HTTP client that reaches the service whatever host it asks for.
func HTTPTo(t testing.TB, s *sandbox.Service) *http.Client {
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
func (c *Client) hangUp() {
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

func (c *Client) record(event any) {
	c.mu.Lock()
	c.events = append(c.events, event)
	c.mu.Unlock()
	select {
	case c.signal <- struct{}{}:
	default:
	}
}

// Seen returns the events so far that are of type E.
func Seen[E any](c *Client) (found []E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range c.events {
		if e, ok := event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// WaitFor waits for the n-th event of type E (1 is the first) and returns it.
func WaitFor[E any](c *Client, n int) E {
	c.t.Helper()
	timeout := time.After(Patience)
	for {
		if found := Seen[E](c); len(found) >= n {
			return found[n-1]
		}
		select {
		case <-c.signal:
		case <-timeout:
			c.t.Fatalf("no event %T number %d; got %s", *new(E), n, c.describe())
		}
	}
}

func (c *Client) describe() (text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, event := range c.events {
		text += fmt.Sprintf("%T ", event)
	}
	return text
}

// Eventually waits until a condition of the service holds.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(Patience)
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

// MustConnect connects and fails the test when that does.
func (c *Client) MustConnect() {
	c.t.Helper()
	if err := c.Connect(); err != nil {
		c.t.Fatalf("Connect: %v", err)
	}
}

// Link links a new device of the store to a phone and waits until it is online.
func Link(t testing.TB, s *sandbox.Service, container *Store, number string) (*Client, sandbox.Companion) {
	t.Helper()
	c := NewClient(t, s, container.NewDevice())
	c.MustConnect()
	qr := WaitFor[*events.QR](c, 1)
	companion, err := s.Scan(t.Context(), number, qr.Codes[0])
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	WaitFor[*events.PairSuccess](c, 1)
	WaitFor[*events.Connected](c, 1)
	return c, companion
}

// WaitUntil waits for an event of type E that is as wanted, and returns the first one.
func WaitUntil[E any](c *Client, wanted func(E) bool) E {
	c.t.Helper()
	timeout := time.After(Patience)
	for {
		for _, event := range Seen[E](c) {
			if wanted(event) {
				return event
			}
		}
		select {
		case <-c.signal:
		case <-timeout:
			c.t.Fatalf("no event %T as wanted; got %s", *new(E), c.describe())
		}
	}
}

// SendRaw sends a stanza as it is, which no client should.
func (c *Client) SendRaw(node waBinary.Node) {
	c.t.Helper()
	internals := c.DangerousInternals() //nolint:staticcheck // dangerous is what it is for
	if err := internals.SendNode(c.t.Context(), node); err != nil {
		c.t.Fatalf("send %s: %v", node.Tag, err)
	}
}

// AskRaw sends a stanza as it is and returns the answer to its id.
func (c *Client) AskRaw(node waBinary.Node) *waBinary.Node {
	c.t.Helper()
	internals := c.DangerousInternals() //nolint:staticcheck // dangerous is what it is for
	id, _ := node.Attrs["id"].(string)
	answer := internals.WaitResponse(id)
	c.SendRaw(node)
	select {
	case got := <-answer:
		return got
	case <-time.After(Patience):
		c.t.Fatalf("no answer to %s", node.Tag)
		return nil
	}
}

// Fatal ends the client's test.
func (c *Client) Fatal(args ...any) {
	c.t.Helper()
	c.t.Fatal(args...)
}
