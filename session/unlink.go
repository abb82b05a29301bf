package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"wadah/models"
)

// Unlink says what became of the link on the phone.
type Unlink string

// What LogoutDevice and DeleteDevice answer.
const (
	UnlinkNotLinked   Unlink = "not_linked"  // there was nothing to unlink
	UnlinkConfirmed   Unlink = "confirmed"   // WhatsApp confirmed: the phone no longer lists us
	UnlinkUnconfirmed Unlink = "unconfirmed" // WhatsApp could not be asked; the phone may still list us
)

// Unlinked is what LogoutDevice and DeleteDevice led to.
type Unlinked struct {
	Snapshot        // of a deleted device, its last one
	Link     Unlink // what became of the link on the phone
}

// LogoutDevice unlinks the device from its WhatsApp account and leaves it off,
// without a link. When WhatsApp cannot be reached the link is forgotten here all the
// same, and the answer says so. Errors: ErrNoDevice, ErrBusy, ErrShuttingDown, ErrStorage
// when the device stays as it was; ErrUnsaved when it had no link, is off, and the store
// does not know that yet.
func (m *Manager) LogoutDevice(ctx context.Context, id string) (Unlinked, error) {
	d, err := m.device(id)
	if err != nil {
		return Unlinked{}, err
	}
	result, err := d.unlink(ctx)
	if err != nil {
		return Unlinked{}, err
	}
	d.mu.Lock()
	d.unlinkedHere(result)
	change := d.save()
	d.mu.Unlock()
	if result == UnlinkNotLinked {
		if err := d.record.wait(ctx, change, storeLimit); err != nil {
			return Unlinked{}, errors.Join(ErrUnsaved, err)
		}
	}
	return Unlinked{*d.snap.Load(), result}, nil // the mark in the row lets the next start finish what is not stored
}

// DeleteDevice unlinks the device and removes it with its keys and timeline. Errors:
// ErrNoDevice, ErrBusy, ErrShuttingDown, ErrStorage when the device stays as it was;
// models errors when its row cannot be deleted: it is off then, and no longer linked.
func (m *Manager) DeleteDevice(ctx context.Context, id string) (Unlinked, error) {
	d, err := m.device(id)
	if err != nil {
		return Unlinked{}, err
	}
	result, err := d.unlink(ctx)
	if err != nil {
		return Unlinked{}, err
	}
	// The row goes first: killed in between, the next start finds credentials that
	// nobody claims, and deletes them.
	err = m.store.DeleteDevice(context.WithoutCancel(ctx), id)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlinkedHere(result)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return Unlinked{}, err
	}
	d.remove()
	return Unlinked{*d.snap.Load(), result}, nil
}

// unlink claims the device, stops it and asks WhatsApp to unlink it. On success the
// claim (unlinking) stays, until the caller says unlinkedHere.
func (d *device) unlink(ctx context.Context) (Unlink, error) {
	conn, to, prev, err := d.claimUnlinking(ctx)
	if err != nil {
		return "", err
	}
	if to.JID == "" {
		return UnlinkNotLinked, nil
	}
	// Past this point the work is finished whoever asked is gone or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlinkLimit)
	defer cancel()
	defer context.AfterFunc(d.m.ctx, cancel)() // the program stops
	err = d.askToUnlink(ctx, conn, to, prev)

	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.link == "": // WhatsApp's own word came first
		return UnlinkConfirmed, nil
	case err != nil && d.m.isClosing():
		d.unlinking = false
		return "", ErrShuttingDown // the mark stays: the next start goes on with it
	case err != nil:
		d.m.log.Warn("WhatsApp did not confirm that the device is unlinked", "device", d.id, "err", err)
		return UnlinkUnconfirmed, nil
	}
	return UnlinkConfirmed, nil
}

// claimUnlinking stores that the device is about to be unlinked, and stops it, but for a
// connection that can carry the request. On failure the device is as it was.
func (d *device) claimUnlinking(ctx context.Context) (conn Conn, to Target, prev <-chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.removed:
		return nil, to, nil, ErrNoDevice
	case d.unlinking:
		return nil, to, nil, ErrBusy
	case d.m.isClosing():
		return nil, to, nil, ErrShuttingDown
	}
	if d.link != "" && !d.marked {
		d.marked = true
		if err := d.saveFirst(ctx, d.life()); err != nil {
			d.marked = false
			d.save()
			return nil, to, nil, err
		}
	}
	d.unlinking = true
	wanted := func(s *Snapshot) { s.Desired = false }
	if d.shown().State == StateConnected && d.att != nil {
		conn = d.att.conn
	}
	switch {
	case conn != nil:
		d.apply(eventNews, wanted)
	case d.att != nil || d.shown().Desired:
		d.stopGrace()
		d.detach()
		d.apply(eventStop, wanted)
	}
	return conn, Target{DeviceID: d.id, JID: d.link, Proxy: d.proxy}, d.prev, nil
}

// askToUnlink asks WhatsApp, through conn if there is one. A panic of the driver's is an
// answer that did not come.
func (d *device) askToUnlink(ctx context.Context, conn Conn, to Target, prev <-chan struct{}) (err error) {
	defer func() {
		if r := recover(); r != nil {
			d.m.log.Error("recovered from a panic", "in", "driver.Logout", "device", d.id, "panic", r)
			err = errNotReached
		}
	}()
	if conn != nil {
		return conn.Logout(ctx)
	}
	return d.logoutAnew(ctx, to, prev)
}

// unlinkedHere ends the claim of an unlinking whose result is known: the device is off
// and holds no link. The caller holds mu.
func (d *device) unlinkedHere(result Unlink) {
	d.unlinking, d.marked = false, false
	if result == UnlinkNotLinked {
		return
	}
	d.unlinked()
	if s := d.shown(); s.State != StateOff || s.Reason != ReasonLoggedOut {
		d.off(eventLoggedOut, string(result), time.Time{})
	} else {
		d.apply(eventNews, nil) // WhatsApp's own word came first
	}
}

// unlinkingMark stands in the database, instead of the reason why a device is off,
// from the moment somebody wants it unlinked until it is: a start that finds it goes
// on. It is never shown.
const unlinkingMark = "unlinking"

// resumeUnlinking finishes a log-out that the end of the program interrupted, in the
// background.
func (m *Manager) resumeUnlinking(id string) {
	m.spawn("resume log-out", func() {
		_, err := m.LogoutDevice(m.ctx, id)
		if err != nil && !errors.Is(err, ErrNoDevice) && !errors.Is(err, ErrBusy) && !errors.Is(err, ErrShuttingDown) {
			m.log.Error("an interrupted log-out was not finished", "device", id, "err", err)
		}
	})
}

var errNotReached = errors.New("WhatsApp could not be reached")

// logoutAnew logs in once more, just to unlink.
func (d *device) logoutAnew(ctx context.Context, to Target, prev <-chan struct{}) error {
	if prev != nil {
		if err := waitFor(ctx, prev, stopLimit); err != nil {
			return err
		}
	}
	outcome := make(chan error, 1)
	report := func(err error) {
		select {
		case outcome <- err:
		default:
		}
	}
	conn, err := d.m.driver.Dial(ctx, to, Handler{
		Claim: func(string) error { return errNotReached },
		Signal: func(s Signal) {
			switch s.(type) {
			case SignalOnline:
				report(nil)
			case SignalLoggedOut:
				report(errGone)
			case SignalClosed, SignalSilent, SignalRefused, SignalBanned, SignalOutdated, SignalReplaced:
				report(errNotReached)
			}
		},
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	select {
	case err := <-outcome:
		if errors.Is(err, errGone) {
			return nil // the phone had unlinked us before
		}
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return conn.Logout(ctx)
}

var errGone = errors.New("the link is gone already")

// endedLinks are the links whose credentials are being deleted. None of them may be made
// anew meanwhile: its credentials would go with the old ones.
type endedLinks struct {
	mu   sync.Mutex
	jids map[string]bool
}

func (e *endedLinks) has(jid string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.jids[jid]
}

func (e *endedLinks) add(jid string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.jids == nil {
		e.jids = map[string]bool{}
	}
	e.jids[jid] = true
}

func (e *endedLinks) remove(jid string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.jids, jid)
}

// forget deletes the credentials of an ended link in the background, as soon as prev is
// closed, and again until it is done or the program ends: the next start finds them
// then. It closes tried after the first time.
func (m *Manager) forget(jid string, prev <-chan struct{}, tried chan<- struct{}) {
	m.ended.add(jid)
	m.spawn("forget", func() {
		defer m.ended.remove(jid)
		if prev != nil {
			<-prev
		}
		err := m.forgetOnce(jid)
		close(tried)
		for pause := time.Second; err != nil; pause = min(2*pause, time.Minute) {
			m.log.Error("the credentials of an ended link cannot be deleted; it is tried again", "err", err)
			if waitFor(m.ctx, nil, pause) != nil {
				return
			}
			err = m.forgetOnce(jid)
		}
	})
}

func (m *Manager) forgetOnce(jid string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.ctx), stopLimit)
	defer cancel()
	return m.driver.Forget(ctx, jid)
}
