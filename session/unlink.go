package session

import (
	"context"
	"errors"
	"time"
)

// Unlink says what became of the link on the phone.
type Unlink string

// What LogoutDevice and DeleteDevice answer.
const (
	UnlinkNotLinked   Unlink = "not_linked"  // there was nothing to unlink
	UnlinkConfirmed   Unlink = "confirmed"   // WhatsApp confirmed: the phone no longer lists us
	UnlinkUnconfirmed Unlink = "unconfirmed" // WhatsApp could not be asked; the phone may still list us
)

// LogoutDevice unlinks the device from its WhatsApp account and leaves it off,
// without a link. When WhatsApp cannot be reached the link is forgotten here all the
// same, and the answer says so. Errors: ErrNoDevice, ErrBusy, models errors.
func (m *Manager) LogoutDevice(ctx context.Context, id string) (Unlink, error) {
	d, err := m.device(id)
	if err != nil {
		return "", err
	}
	result, err := d.unlink(ctx)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlinking = false
	if result == UnlinkNotLinked {
		return result, nil
	}
	d.unlinked()
	if d.cur.Reason != ReasonLoggedOut || d.cur.State != StateOff {
		d.off(eventLoggedOut, string(result), time.Time{})
	} else {
		d.set(d.cur) // WhatsApp's own word came first; the account is gone from the snapshot
	}
	return result, nil
}

// DeleteDevice unlinks the device and removes it with its keys and timeline. Errors:
// ErrNoDevice, ErrBusy, models errors; the device then remains, off.
func (m *Manager) DeleteDevice(ctx context.Context, id string) (Unlink, error) {
	d, err := m.device(id)
	if err != nil {
		return "", err
	}
	result, err := d.unlink(ctx)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlinking = false
	// The row goes first: killed in between, the next start finds credentials that
	// nobody claims, and deletes them.
	if err := m.store.DeleteDevice(context.WithoutCancel(ctx), id); err != nil {
		return "", err
	}
	d.unlinked()
	d.remove()
	return result, nil
}

// unlink stops the device and asks WhatsApp to unlink it. On success it leaves the
// device claimed (unlinking), for the caller to finish.
func (d *device) unlink(ctx context.Context) (Unlink, error) {
	d.mu.Lock()
	switch {
	case d.removed:
		d.mu.Unlock()
		return "", ErrNoDevice
	case d.unlinking:
		d.mu.Unlock()
		return "", ErrBusy
	}
	if err := d.markUnlinking(ctx); err != nil {
		d.mu.Unlock()
		return "", err
	}
	d.unlinking = true
	linked, conn := d.link != "", Conn(nil)
	if d.cur.State == StateConnected && d.att != nil {
		conn = d.att.conn
	} else {
		d.stopGrace()
		d.detach()
		if d.cur.Desired {
			d.apply(eventStop, nil)
		}
	}
	d.cur.Desired = false
	target, prev := Target{DeviceID: d.id, JID: d.link, Proxy: d.proxy}, d.prev
	d.mu.Unlock()

	if !linked {
		return UnlinkNotLinked, nil
	}
	// Past this point the work is finished whoever asked is gone or not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlinkLimit)
	defer cancel()
	defer context.AfterFunc(d.m.ctx, cancel)() // the program stops
	var err error
	if conn != nil {
		err = conn.Logout(ctx)
	} else {
		err = d.logoutAnew(ctx, target, prev)
	}
	if err != nil && d.m.isClosing() {
		d.mu.Lock()
		d.unlinking = false
		d.mu.Unlock()
		return "", ErrShuttingDown // the mark stays: the next start goes on with it
	}
	if err != nil {
		d.m.log.Warn("WhatsApp did not confirm that the device is unlinked", "device", d.id, "err", err)
		return UnlinkUnconfirmed, nil
	}
	return UnlinkConfirmed, nil
}

// unlinkingMark stands in the database, instead of the reason why a device is off,
// from the moment somebody wants it unlinked until it is: a start that finds it goes
// on. It is never shown.
const unlinkingMark = "unlinking"

// markUnlinking stores what is about to happen. The caller holds mu.
func (d *device) markUnlinking(ctx context.Context) error {
	switch {
	case d.link != "":
		return d.m.store.SetOff(ctx, d.id, unlinkingMark, nil, false)
	case d.cur.Desired || d.att != nil:
		return d.m.store.SetOff(ctx, d.id, string(ReasonStopped), nil, false)
	}
	return nil
}

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
