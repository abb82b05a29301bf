package whatsapp

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"wadah/session"
)

// tell reports s, unless the connection is over. After the last signal nothing
// follows: not the "connected" that the library announces when the requests of a
// login have failed with its connection, nor the end that follows a refusal. On a
// connection whose storage has failed whatever comes first says so.
func (c *conn) tell(s session.Signal, last bool) {
	c.order.Lock()
	defer c.order.Unlock()
	if c.over || c.shut.Load() {
		return
	}
	if err := c.guard.failure(); err != nil {
		s, last = session.SignalStorage{Err: fmt.Errorf("%w: %w", session.ErrStorage, err)}, true
	}
	c.over = last
	if _, ok := s.(session.SignalOnline); ok {
		c.online = true
	}
	c.hand(s)
}

// hand calls the owner. The library's goroutines are not ours to end: a panic in one
// would end the process.
func (c *conn) hand(s session.Signal) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("recovered from a panic", "in", "signal", "panic", r)
		}
	}()
	c.on.Signal(s)
}

// decide ends the signals before the last one is told; false when it is too late.
func (c *conn) decide() bool {
	c.order.Lock()
	defer c.order.Unlock()
	if c.over || c.shut.Load() {
		return false
	}
	c.over = true
	return true
}

func (c *conn) isOnline() bool {
	c.order.Lock()
	defer c.order.Unlock()
	return c.online && !c.over
}

// lineEnded is the wire's news. A link that the library is finishing goes first: the
// end of the connection is then told after it.
func (c *conn) lineEnded(err error) {
	c.mu.Lock()
	if c.pairing != nil && !isClosed(c.pairing) {
		c.lateEnd = err
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	c.tell(session.SignalClosed{Err: err}, true)
}

// storageFailed ends the connection because of the first failure of the database. The
// socket is closed before this returns, so that nothing is acknowledged any more. The
// signal follows on its own: the library may hold the database's write lock here, for
// which the owner may be waiting with its own lock held.
func (c *conn) storageFailed(err error) {
	c.wire.cut()
	go c.tell(session.SignalStorage{Err: err}, true)
}

// silent is the library's news that a ping was not answered, or could not be sent. Only a
// login is held to that; while codes are shown watchCodes asks, which knows the difference.
// In a flood the answer lies behind what has come and waits.
func (c *conn) silent() {
	if c.isOnline() && !c.wire.wasHeld(whatsmeow.KeepAliveResponseDeadline) {
		c.tell(session.SignalSilent{}, false)
	}
}

// loggedIn completes the login, if it is not complete. The library says so only when its
// first requests are answered, and in a flood the answers lie behind what came before
// them; but whoever is handed messages has logged in.
func (c *conn) loggedIn() {
	if !c.isOnline() {
		c.wentOnline()
	}
}

// wentOnline tells that the login is complete. Devices that do not say that they are unavailable
// keep the phone from ringing.
func (c *conn) wentOnline() {
	c.mu.Lock()
	account, name := c.account, c.pushName
	c.mu.Unlock()
	c.tell(session.SignalOnline{Account: account}, false)
	if name != "" {
		c.aside(func(ctx context.Context) session.Signal {
			c.sayPresence(ctx, types.PresenceUnavailable, name)
			return nil
		})
	}
}

// renamed keeps the name the account goes by, which a new link learns only after its
// first login.
func (c *conn) renamed(name string) {
	c.mu.Lock()
	if name == "" || name == c.pushName {
		c.mu.Unlock()
		return
	}
	c.pushName, c.account.Name = name, name
	c.mu.Unlock()
	if c.isOnline() {
		c.wentOnline() // tells the account once more
	}
}

// loggedOut deletes the credentials before it tells: the library tries as well, but
// only logs when it fails.
func (c *conn) loggedOut(code int) {
	c.mu.Lock()
	jid := c.account.JID
	if c.unlinking {
		c.unlinked = true
		c.mu.Unlock()
		return // Logout tells
	}
	c.mu.Unlock()
	if !c.decide() {
		return
	}
	if c.begin() {
		ctx, cancel := context.WithTimeout(context.Background(), sendLimit)
		if err := c.d.store.forget(ctx, jid); err != nil {
			c.log.Error("credentials of an ended link remain", "err", err)
		}
		cancel()
		c.work.Done()
	}
	c.hand(session.SignalLoggedOut{Code: code})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
