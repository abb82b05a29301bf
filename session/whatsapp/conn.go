package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"wadah/session"
	"wadah/session/whatsapp/convert"
)

// conn is one connection: one client of the library that connects once.
//
// The library's device (cli.Store) is written by the library on goroutines of its
// own, without a lock: after the dial only the library reads it. What is needed of
// it is copied before.
type conn struct {
	d         *Driver
	on        session.Handler
	log       *slog.Logger
	cli       *whatsmeow.Client
	wire      *wire
	guard     *guard   // nil while linking
	durable   *durable // nil while linking
	linking   bool
	device    string             // our id of it
	self      types.JID          // the linked device; empty while linking
	converter *convert.Converter // of what arrives; nil on a connection that receives nothing
	settings  *settings          // likewise

	// order is held while a signal is told, so that signals arrive in the order in
	// which they were decided. No method that the handler may call takes it.
	order  sync.Mutex
	over   bool        // nothing matters any more
	online bool        // the login is complete
	shut   atomic.Bool // Close was called

	waiting atomic.Int32  // messages that have stepped aside, see aside
	asking  chan struct{} // held by the one of them whose turn it is

	available atomic.Bool // SetPresence asked for it
	partial   partial     // of the message that is just being sent

	mu        sync.Mutex
	account   session.Account
	pushName  string
	codesAt   time.Time     // when the round of QR codes began
	claimed   bool          // the library asked whether a link may be
	claimErr  error         // why that was refused
	pairing   chan struct{} // begun by the phone's yes, closed when the library has finished the link or refused it
	lateEnd   error         // the end of the connection, met while pairing
	linked    bool
	restart   bool // WhatsApp asked for a new connection before the link was told
	unlinking bool // Logout is at work
	unlinked  bool // WhatsApp ended the link while it was
	closing   bool
	work      sync.WaitGroup // started only while !closing

	close sync.Once
}

var _ session.Conn = (*conn)(nil)

const (
	// sendLimit bounds things that are sent on the side.
	sendLimit = 5 * time.Second
	// pairLimit is how long Close lets a link finish that the phone has accepted.
	pairLimit = 3 * time.Second
	// cutLimit is how long a dial that was given up may take to fall.
	cutLimit = time.Second
)

func newConn(d *Driver, to session.Target, on session.Handler) *conn {
	c := &conn{d: d, on: on, log: d.log, linking: to.JID == "", asking: make(chan struct{}, 1)}
	c.wire = newWire(c.lineEnded)
	if c.linking {
		c.wire.hold = func() <-chan struct{} {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.pairing
		}
		// What cannot be stored while linking needs no guard: nothing is acknowledged yet,
		// and the library tells the phone that it failed.
		return c
	}
	c.guard = &guard{fail: c.storageFailed, fetch: c.fetchAppState}
	c.durable = &durable{sync: d.sync}
	c.wire.before = func() error {
		err := c.durable.settle()
		if err != nil {
			c.guard.trip(err)
		}
		return err
	}
	return c
}

// speakFor makes the connection's client, for the device that the dial is for.
func (c *conn) speakFor(device *store.Device, to session.Target) {
	c.device = to.DeviceID
	if device.ID != nil {
		c.self = *device.ID
		name := device.PushName
		if name == "" {
			name = device.BusinessName
		}
		c.account = session.Account{JID: device.ID.String(), Name: name, Platform: device.Platform}
		c.pushName = device.PushName
	}
	log := newLibraryLog(c.log, to.DeviceID)
	lid := device.LID
	c.partial.own = func(jid types.JID) bool { return jid.User == c.self.User || !lid.IsEmpty() && jid.User == lid.User }
	log.warned = c.partial.said
	c.cli = newClient(device, log)
	c.cli.GetClientPayload = func() *waWa6.ClientPayload { return clientPayload(device, to.Name) }
	c.cli.PrePairCallback = c.claim
	c.cli.AddEventHandlerWithSuccessStatus(c.event)
	c.receive(device)
}

// errMessengerOnly answers a refusal that WhatsApp has no use for. Without an answer
// the library would call a nil function, and end the process.
var errMessengerOnly = errors.New("the token of another service was refused")

// newClient makes a client that does nothing by itself: no reconnecting, no
// downloads.
func newClient(device *store.Device, log *libraryLog) *whatsmeow.Client {
	cli := whatsmeow.NewClient(device, log)
	cli.EnableAutoReconnect = false
	cli.DisableLoginAutoReconnect = true
	cli.SynchronousAck = true            // else notifications are acknowledged before they are stored
	cli.ManualHistorySyncDownload = true // the phone still gets its receipt, and does not repeat
	cli.RefreshCAT = func(context.Context) error { return errMessengerOnly }
	return cli
}

// connect dials and makes the handshake.
func (c *conn) connect(ctx context.Context, proxy *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, c.d.dialTimeout)
	defer cancel()
	socket := c.d.net.client(&route{proxy: proxy, wire: c.wire, ctx: ctx})
	c.cli.SetWebsocketHTTPClient(socket)
	c.cli.SetPreLoginHTTPClient(socket)
	c.cli.SetMediaHTTPClient(c.d.net.client(&route{proxy: proxy}))

	result := make(chan error, 1)
	// The library's context is never cancelled: that can leave the socket and its reader
	// behind. A dial that is no longer wanted loses its socket instead.
	err := c.d.run(func() { result <- c.connectLibrary(context.Background(), socket) }) //nolint:contextcheck // see above
	if err != nil {
		return err
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		err = c.giveUp(ctx, result)
	}
	switch {
	case err != nil:
		c.abandon()
	case !c.wire.open():
		err = errHungUp
		c.Close()
	default:
		return nil
	}
	var proxyErr *session.ProxyError
	if errors.As(err, &proxyErr) {
		return proxyErr
	}
	return fmt.Errorf("connecting to WhatsApp: %w", err)
}

// giveUp ends a dial whose time is over. The library notices at once, unless half a
// handshake message has come: then its goroutine waits out its own 20 s, without a
// socket, and Driver.Close waits for it.
func (c *conn) giveUp(ctx context.Context, result <-chan error) error {
	c.wire.cut()
	fallen := make(chan struct{})
	err := c.d.run(func() {
		defer close(fallen)
		if <-result == nil {
			c.cli.Disconnect()
		}
	})
	if err == nil {
		waitAtMost(fallen, cutLimit)
	}
	return ctx.Err()
}

// abandon ends what a failed dial left: the library has cleaned up its own.
func (c *conn) abandon() {
	c.close.Do(func() {
		c.mu.Lock()
		c.closing = true
		c.mu.Unlock()
		c.shut.Store(true)
		c.wire.cut()
		c.guard.end()
		c.work.Wait()
	})
}

// LastHeard is when WhatsApp last sent anything.
func (c *conn) LastHeard() time.Time { return c.wire.lastHeard() }

// Close ends the connection. A link that the phone has accepted a moment ago is
// finished first: cut off, it would exist on the phone only.
func (c *conn) Close() {
	c.close.Do(func() {
		c.mu.Lock()
		c.closing = true // refuses claims and work from here on
		pairing := c.pairing
		c.mu.Unlock()
		if pairing != nil {
			waitAtMost(pairing, pairLimit)
		}
		c.shut.Store(true)
		if c.wire.leave() {
			c.cli.Disconnect()
		} else {
			c.cli.DangerousInternals().ExpectDisconnect() //nolint:staticcheck // lets go of requests that wait for a reconnect
		}
		c.wire.cut()
		c.guard.end()
		c.work.Wait()
	})
}

// begin announces work that Close waits for; false when it is too late. Work must be
// bounded, and must not tell signals before it calls work.Done.
func (c *conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return false
	}
	c.work.Add(1)
	return true
}

// aside runs f in the background with a context of its own. What f returns is told
// as the last signal.
func (c *conn) aside(f func(context.Context) session.Signal) {
	if !c.begin() {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), sendLimit)
		last := f(ctx)
		cancel()
		c.work.Done()
		if last != nil {
			c.tell(last, true)
		}
	}()
}

// Logout asks WhatsApp to unlink the device. The library's own Logout would delete
// the device while its handlers still read it.
func (c *conn) Logout(ctx context.Context) error {
	c.mu.Lock()
	jid := c.account.JID
	c.unlinking = true
	c.mu.Unlock()
	own, err := types.ParseJID(jid)
	if jid == "" || err != nil {
		return session.ErrNoLink
	}
	c.guard.unlink(true)
	_, err = c.cli.DangerousInternals().SendIQ(ctx, whatsmeow.DangerousInfoQuery{ //nolint:staticcheck // see above
		Namespace: "md", Type: "set", To: types.ServerJID,
		Content: []waBinary.Node{{
			Tag:   "remove-companion-device",
			Attrs: waBinary.Attrs{"jid": own, "reason": "user_initiated"},
		}},
	})
	c.mu.Lock()
	confirmed := err == nil || c.unlinked || isDeviceRemoved(err)
	c.unlinking = confirmed
	c.mu.Unlock()
	if !confirmed {
		c.guard.unlink(false)
		return fmt.Errorf("WhatsApp did not confirm: %w", plainIQError(err))
	}
	c.decide() // nothing that follows is news
	c.Close()
	return nil
}

// isDeviceRemoved reports whether WhatsApp ended the connection because the device
// is no longer linked, which it may do before it answers.
func isDeviceRemoved(err error) bool {
	var ended *whatsmeow.DisconnectedError
	if !errors.As(err, &ended) || ended.Node == nil {
		return false
	}
	conflict, _ := ended.Node.GetOptionalChildByTag("conflict")
	return ended.Node.Tag == "stream:error" && conflict.Attrs["type"] == "device_removed"
}

// plainIQError keeps the stanzas out of the library's errors.
func plainIQError(err error) error {
	var iq *whatsmeow.IQError
	if errors.As(err, &iq) {
		return fmt.Errorf("it answered %d %s", iq.Code, iq.Text)
	}
	return err
}

// sayPresence tells WhatsApp whether somebody is looking at this device.
func (c *conn) sayPresence(ctx context.Context, presence types.Presence, name string) {
	err := c.cli.DangerousInternals().SendNode(ctx, waBinary.Node{ //nolint:staticcheck // SendPresence reads the device's name without a lock
		Tag: "presence", Attrs: waBinary.Attrs{"type": string(presence), "name": name},
	})
	if err != nil {
		c.log.Debug("presence was not sent", "err", plainIQError(err))
	}
}
