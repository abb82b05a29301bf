package session

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// attempt is one connection of a device, from before its dial until nothing of it
// is left. Only the device's current attempt may change the device: everything
// here that comes in late finds that it is no longer current, and stops.
type attempt struct {
	d      *device
	jid    string
	proxy  string
	ctx    context.Context // ends when the attempt is no longer wanted
	cancel context.CancelFunc
	prev   <-chan struct{} // closed when the device's previous attempt is gone
	dialed chan struct{}   // closed when run has returned
	done   chan struct{}   // closed when nothing of the attempt is left
	turn   atomic.Bool     // it has slept out its delay

	// Guarded by d.mu.
	conn     Conn
	early    *SignalOnline // logged in before the dial has returned
	began    time.Time     // of the dial
	took     time.Duration // how long it lasted; 0 while it lasts
	upAt     time.Time     // when it first got through: codes or online
	linked   bool          // the phone accepted on this connection
	codes    []ShownCode   // the QR codes of the round that are not over, the shown one first
	phone    *ShownCode    // the phone code, if one was asked for
	number   string        // whom the phone code is for
	deadline *time.Timer   // of the phase it is in
}

func newAttempt(d *device, prev <-chan struct{}) *attempt {
	ctx, cancel := context.WithCancel(d.m.ctx)
	return &attempt{
		d: d, jid: d.link, proxy: d.proxy, ctx: ctx, cancel: cancel, prev: prev,
		dialed: make(chan struct{}), done: make(chan struct{}),
	}
}

// run waits for its turn and dials.
func (a *attempt) run(delay time.Duration, releasable bool) {
	defer close(a.dialed)
	if a.prev != nil {
		// Two connections with the same credentials would fight each other. A previous one
		// that does not close within the limit is dead on the other side as well.
		if waitFor(a.ctx, a.prev, stopLimit) != nil {
			return
		}
	}
	if a.d.m.gov.wait(a.ctx, delay, releasable) != nil || !a.awaitStorage() {
		return
	}
	a.turn.Store(true)
	ctx, land, err := a.d.m.gov.begin(a.ctx)
	if err != nil {
		return
	}
	began := time.Now()
	a.d.mu.Lock()
	a.began = began
	a.d.mu.Unlock()
	conn, err := a.dial(ctx)
	land()
	a.dialledUp(conn, time.Since(began), err)
}

// dialTime is how long it took to reach WhatsApp; codes and logins may come before the
// dial has returned.
func (a *attempt) dialTime() time.Duration {
	if a.took > 0 {
		return a.took
	}
	return time.Since(a.began)
}

// dial calls the driver; a panic in it is this attempt's failure and nobody else's.
func (a *attempt) dial(ctx context.Context) (conn Conn, err error) {
	defer func() {
		if r := recover(); r != nil {
			a.d.m.log.Error("recovered from a panic", "in", "driver.Dial", "device", a.d.id, "panic", r)
			conn, err = nil, errors.New("the driver failed")
		}
	}()
	to := Target{DeviceID: a.d.id, JID: a.jid, Proxy: a.proxy}
	if to.JID == "" {
		if to.Name, err = a.d.m.store.LinkedName(ctx, a.d.id); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStorage, err)
		}
	}
	return a.d.m.driver.Dial(ctx, to, Handler{Signal: a.signal, Claim: a.claim, Accept: a.accept, Sent: a.sent})
}

// dialledUp takes over the outcome of the dial.
func (a *attempt) dialledUp(conn Conn, took time.Duration, err error) {
	d := a.d
	d.mu.Lock()
	defer d.mu.Unlock()
	a.conn, a.took = conn, took
	if d.att != a {
		return // end closes conn
	}
	if err == nil {
		switch {
		case a.early != nil:
			a.gotOnline(a.early.Account)
		case a.upAt.IsZero():
			a.setDeadline(settleLimit, func() { d.failed(a, "silent") })
		}
		return
	}
	d.m.log.Debug("dial failed", "device", d.id, "err", err)
	var proxy *ProxyError
	switch {
	case errors.As(err, &proxy):
		d.pause(eventProxyFailed, "", backoffDelay(max(d.count(a), 2)))
	case errors.Is(err, ErrNoLink):
		d.unlinked()
		d.off(eventLoggedOut, "credentials_missing", time.Time{})
	case isStorage(err):
		a.storageFailed(err)
	default:
		d.failed(a, "unreachable")
	}
}

// end closes the attempt in the background. The caller holds d.mu.
func (a *attempt) end() {
	a.stopDeadline()
	a.cancel()
	a.d.m.spawn("close", func() {
		defer close(a.done)
		<-a.dialed
		a.d.mu.Lock()
		conn := a.conn
		a.d.mu.Unlock()
		if conn != nil {
			conn.Close()
		}
	})
}

// setDeadline replaces the attempt's deadline. then runs under d.mu, and only while
// the attempt is current. The caller holds d.mu.
func (a *attempt) setDeadline(after time.Duration, then func()) {
	a.stopDeadline()
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		defer a.d.m.survive("deadline")
		a.d.mu.Lock()
		defer a.d.mu.Unlock()
		if a.d.att == a && a.deadline == timer {
			then()
		}
	})
	a.deadline = timer
}

func (a *attempt) stopDeadline() {
	if a.deadline != nil {
		a.deadline.Stop()
		a.deadline = nil
	}
}

// isDialing reports whether the attempt is past its delay. The caller holds d.mu.
func (a *attempt) isDialing() bool { return a.conn != nil || a.turn.Load() }

func (a *attempt) lastHeard() time.Time {
	if a.conn == nil {
		return time.Time{}
	}
	return a.conn.LastHeard()
}

// signal is the driver's way in. It serialises with everything else of the device.
func (a *attempt) signal(s Signal) {
	defer a.d.m.survive("signal")
	d := a.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att != a {
		if gone, ok := s.(SignalLoggedOut); ok {
			a.goneLate(gone.Code)
		}
		return
	}
	switch s := s.(type) {
	case SignalCodes:
		a.gotCodes(s.Codes)
	case SignalPasskey:
		a.gotPasskey(s.Request)
	case SignalPasskeyCode:
		a.gotPasskeyCode(s)
	case SignalLinked:
		a.gotLinked(s.Account)
	case SignalLinkFailed:
		a.linkFailed(s.Err)
	case SignalOnline:
		if a.conn == nil { // whoever sees CONNECTED uses conn
			a.early = &s
			return
		}
		a.gotOnline(s.Account)
	case SignalStorage:
		a.storageFailed(s.Err)
	case SignalSilent:
		d.lost(a, "silent")
	case SignalClosed:
		d.lost(a, "closed")
	case SignalLoggedOut:
		why := code(s.Code)
		if d.unlinking {
			why = string(UnlinkConfirmed)
		}
		d.unlinked()
		d.off(eventLoggedOut, why, time.Time{})
	case SignalReplaced:
		d.off(eventReplaced, "", time.Time{})
	case SignalBanned:
		var until time.Time
		if s.Expire > 0 {
			until = time.Now().Add(s.Expire).Round(0) // a moment of WhatsApp's clock, which does not sleep
		}
		d.off(eventBanned, code(s.Code), until)
	case SignalOutdated:
		a.outdated()
	case SignalRefused:
		d.pause(eventRejected, code(s.Code), refusalDelay(s.Code, d.count(a)))
	}
}

// goneLate is the one signal of an ended connection that counts: the phone unlinked
// the device at the moment it was stopped, and its credentials are gone. The caller
// holds d.mu.
func (a *attempt) goneLate(why int) {
	d := a.d
	if a.jid == "" || a.jid != d.link || d.att != nil || d.unlinking || d.removed {
		return
	}
	d.unlinked()
	d.off(eventLoggedOut, code(why), time.Time{})
}

// gotOnline ends the login.
func (a *attempt) gotOnline(acc Account) {
	d := a.d
	d.through(a)
	a.upAt = time.Now()
	d.apply(eventOnline, func(s *Snapshot) {
		s.Account = Account{JID: d.link, Name: first(acc.Name, s.Account.Name), Platform: first(acc.Platform, s.Account.Platform)}
		s.LastAlive = time.Now()
		if s.LinkedAt.IsZero() {
			s.LinkedAt = time.Now()
		}
	})
	if known := d.grouped.Load(); known == nil || *known != accountOf(d.link) {
		d.expects.Store(true) // perhaps: see expectGroups
	}
	a.startReading()
}

// outdated refreshes the version once and tries again; when that does not help, the
// device stays off until the program is updated.
func (a *attempt) outdated() {
	d := a.d
	if d.refreshed {
		d.off(eventOutdated, "", time.Time{})
		return
	}
	d.refreshed = true
	a.stopDeadline()
	d.m.spawn("refresh version", func() {
		err := d.m.refreshVersion(a.ctx)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.att != a {
			return
		}
		if err != nil {
			d.m.log.Warn("WhatsApp calls us outdated and its current version cannot be read", "device", d.id, "err", err)
			d.off(eventOutdated, "", time.Time{})
			return
		}
		d.begin(0, false)
	})
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
