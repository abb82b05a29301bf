// Package sessiontest is an in-memory session.Driver for tests, as httptest is to
// http. Time is whatever time.Now says, so it works inside testing/synctest; it
// starts no goroutine of its own.
//
// By itself the driver behaves like a healthy WhatsApp: a linking attempt shows a
// round of six codes, a login succeeds. A test scripts the rest: it scans with Scan,
// sends any signal with Conn.Tell, and makes dials fail or hang with SetOnDial.
package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"wadah/session"
)

// Driver implements session.Driver in memory.
type Driver struct {
	mu           sync.Mutex
	onDial       func(ctx context.Context, to session.Target) error
	beforeReturn func()
	answer       func(session.Target) session.Signal
	forgetErr    error

	links    map[string]session.Account
	conns    []*Conn // open ones
	dials    []time.Time
	next     int
	version  session.Version
	latest   session.Version
	noOnline bool

	history history
	sends   sends
	groups  groups
}

var _ session.Driver = (*Driver)(nil)

// New returns a driver without links.
func New() *Driver {
	return &Driver{
		links:   make(map[string]session.Account),
		version: session.Version{2, 3000, 1000},
		latest:  session.Version{2, 3000, 1000},
	}
}

// SetBeforeReturn sets a hook that a dial waits for after it has shown its codes, or logged
// in, and before it returns; nil removes it.
func (d *Driver) SetBeforeReturn(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.beforeReturn = f
}

// SetOnDial replaces the hook that is asked first at every dial; nil removes it. An
// error fails the dial; to make it hang, wait for ctx.
func (d *Driver) SetOnDial(f func(ctx context.Context, to session.Target) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onDial = f
}

// SetAnswer makes WhatsApp answer connections with f's signal instead of letting them in;
// nil, of f or of the hook, lets them in.
func (d *Driver) SetAnswer(f func(to session.Target) session.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answer = f
}

// FailForget makes Forget fail with err; nil ends that.
func (d *Driver) FailForget(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetErr = err
}

// HoldLogins makes logins wait for Conn.Online instead of succeeding at once.
func (d *Driver) HoldLogins(hold bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noOnline = hold
}

// SetLatest sets the version that RefreshVersion finds; the zero value makes it fail.
func (d *Driver) SetLatest(v session.Version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.latest = v
}

// Dial implements session.Driver.
func (d *Driver) Dial(ctx context.Context, to session.Target, on session.Handler) (session.Conn, error) {
	d.mu.Lock()
	d.dials = append(d.dials, time.Now())
	hook := d.onDial
	d.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, to); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	d.mu.Lock()
	account, linked := d.links[to.JID]
	if to.JID != "" && !linked {
		d.mu.Unlock()
		return nil, session.ErrNoLink
	}
	d.next++
	c := &Conn{driver: d, target: to, on: on, serial: d.next, opened: time.Now()}
	d.conns = append(d.conns, c)
	hold, after, answer := d.noOnline, d.beforeReturn, d.answer
	d.mu.Unlock()

	if answer != nil {
		if s := answer(to); s != nil {
			on.Signal(s)
			return c, nil
		}
	}
	switch {
	case to.JID == "":
		on.Signal(session.SignalCodes{Codes: c.round()})
	case !hold:
		on.Signal(session.SignalOnline{Account: account})
	}
	if after != nil {
		after()
	}
	return c, nil
}

// Links implements session.Driver.
func (d *Driver) Links(context.Context) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var jids []string
	for jid := range d.links {
		jids = append(jids, jid)
	}
	slices.Sort(jids)
	return jids, nil
}

// Forget implements session.Driver.
func (d *Driver) Forget(_ context.Context, jid string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.forgetErr != nil {
		return d.forgetErr
	}
	delete(d.links, jid)
	return nil
}

// Erase implements session.Driver. It holds nothing of anybody.
func (*Driver) Erase(context.Context, []string, []string, bool) error { return nil }

// Version implements session.Driver.
func (d *Driver) Version() session.Version {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.version
}

// UseVersion implements session.Driver.
func (d *Driver) UseVersion(v session.Version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.version = v
}

// RefreshVersion implements session.Driver.
func (d *Driver) RefreshVersion(context.Context) (session.Version, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest == (session.Version{}) {
		return d.version, errors.New("no version to be had")
	}
	d.version = d.latest
	return d.version, nil
}

// Close implements session.Driver.
func (d *Driver) Close() error { return nil }

// AddLink stores credentials as an earlier linking would have.
func (d *Driver) AddLink(a session.Account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.links[a.JID] = a
}

// Conns lists the open connections of a device, oldest first.
func (d *Driver) Conns(deviceID string) []*Conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	var open []*Conn
	for _, c := range d.conns {
		if c.target.DeviceID == deviceID {
			open = append(open, c)
		}
	}
	return open
}

// Conn is the only open connection of a device; nil when there is none or several.
func (d *Driver) Conn(deviceID string) *Conn {
	if open := d.Conns(deviceID); len(open) == 1 {
		return open[0]
	}
	return nil
}

// Dials lists when each dial began.
func (d *Driver) Dials() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.dials)
}

// Conn implements session.Conn in memory.
type Conn struct {
	driver *Driver
	target session.Target
	on     session.Handler
	serial int
	opened time.Time

	mu        sync.Mutex
	closed    bool
	PhoneErr  error                       // what PairPhone answers, when set
	LogoutErr error                       // what Logout answers, when set
	OnLogout  func(context.Context) error // replaces Logout, when set
	Numbers   []string                    // what PairPhone was given
	Answers   [][]byte                    // what AnswerPasskey was given
	Confirmed bool                        // whether ConfirmPasskey was called
	Deaf      bool                        // what Check finds
	Checks    int                         // how often Check was called
}

var _ session.Conn = (*Conn)(nil)

// round is six codes with WhatsApp's times.
func (c *Conn) round() []session.Code {
	codes := make([]session.Code, 6)
	for i := range codes {
		codes[i] = session.Code{
			Text:  fmt.Sprintf("https://wa.me/settings/linked_devices#ref-%d-%d,noise,identity,secret,1", c.serial, i),
			Valid: 20 * time.Second,
		}
	}
	codes[0].Valid = 60 * time.Second
	return codes
}

// Tell delivers a signal as the library would.
func (c *Conn) Tell(s session.Signal) { c.on.Signal(s) }

// Online completes a held login.
func (c *Conn) Online() {
	c.driver.mu.Lock()
	account := c.driver.links[c.target.JID]
	c.driver.mu.Unlock()
	c.on.Signal(session.SignalOnline{Account: account})
}

// Scan is a phone that scans the shown code: claim, save, linked, closed.
func (c *Conn) Scan(a session.Account) error {
	if err := c.on.Claim(a.JID); err != nil {
		return err
	}
	c.driver.AddLink(a)
	c.on.Signal(session.SignalLinked{Account: a})
	c.on.Signal(session.SignalClosed{})
	return nil
}

// Claim calls the claim half of a scan alone.
func (c *Conn) Claim(jid string) error { return c.on.Claim(jid) }

// Unlink is the phone's side removing the device.
func (c *Conn) Unlink() {
	c.driver.mu.Lock()
	delete(c.driver.links, c.target.JID)
	c.driver.mu.Unlock()
	c.on.Signal(session.SignalLoggedOut{Code: 401})
}

// Closed reports whether Close was called.
func (c *Conn) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// PairPhone implements session.Conn.
func (c *Conn) PairPhone(_ context.Context, number string) (session.Code, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Numbers = append(c.Numbers, number)
	if c.PhoneErr != nil {
		return session.Code{}, c.PhoneErr
	}
	if number == "" {
		return session.Code{}, session.ErrBadNumber
	}
	return session.Code{Text: "ABCD-EFGH", Valid: 160 * time.Second}, nil
}

// AnswerPasskey implements session.Conn.
func (c *Conn) AnswerPasskey(_ context.Context, response []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Answers = append(c.Answers, response)
	return nil
}

// ConfirmPasskey implements session.Conn.
func (c *Conn) ConfirmPasskey(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Confirmed = true
	return nil
}

// Check implements session.Conn: a connection that was made deaf is silent.
func (c *Conn) Check() {
	c.mu.Lock()
	deaf := c.Deaf
	c.Checks++
	c.mu.Unlock()
	if deaf {
		c.on.Signal(session.SignalSilent{})
	}
}

// LastHeard implements session.Conn: a healthy connection is heard all the time.
func (c *Conn) LastHeard() time.Time { return time.Now() }

// Logout implements session.Conn.
func (c *Conn) Logout(ctx context.Context) error {
	if c.OnLogout != nil {
		return c.OnLogout(ctx)
	}
	return c.LogoutErr
}

// Close implements session.Conn.
func (c *Conn) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.driver.mu.Lock()
	defer c.driver.mu.Unlock()
	c.driver.conns = slices.DeleteFunc(c.driver.conns, func(other *Conn) bool { return other == c })
}
