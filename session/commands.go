package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"wadah/models"
)

// AddDevice creates a device, off, with its first API key; the key's Value is plain
// only in this answer. Errors: ErrTooManyDevices, *models.Invalid for a bad or taken name.
func (m *Manager) AddDevice(ctx context.Context, name string) (Snapshot, models.APIKey, error) {
	if m.isClosing() {
		return Snapshot{}, models.APIKey{}, ErrShuttingDown
	}
	if most := m.cfg.MaxDevices; most > 0 && len(m.all()) >= most {
		return Snapshot{}, models.APIKey{}, ErrTooManyDevices
	}
	row, key, err := m.store.CreateDevice(ctx, name)
	if err != nil {
		return Snapshot{}, models.APIKey{}, err
	}
	return m.adopt(row).shown(), key, nil
}

// StartDevice wants the device on. It is idempotent and returns at once with the
// state the start led to. Errors: ErrNoDevice, ErrBusy, *BannedError, ErrShuttingDown,
// ErrStorage when the wish cannot be stored; nothing is attempted then.
func (m *Manager) StartDevice(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.want(ctx); err != nil {
		return d.shown(), err
	}
	switch {
	case d.att == nil:
		d.bringUp()
	case d.shown().Retrying && !d.att.isDialing() && !d.toldToWait():
		// Somebody asks again while we sleep out a delay: try now.
		d.touch()
		d.begin(0, false)
		d.apply(eventNews, func(s *Snapshot) { s.NextTry = time.Time{} })
	default:
		d.touch()
	}
	return d.shown(), nil
}

// RestartDevice closes the connection, if there is one, and makes a new one. Errors
// as of StartDevice.
func (m *Manager) RestartDevice(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.want(ctx); err != nil {
		return d.shown(), err
	}
	d.detach()
	d.stopGrace()
	d.bringUp()
	return d.shown(), nil
}

// StopDevice wants the device off and keeps its link. It is idempotent and returns
// within 5 s, when nothing of the connection is left. The connection ends whatever the
// store does. Errors: ErrNoDevice; ErrUnsaved when the device is off and the store does
// not know it yet.
func (m *Manager) StopDevice(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	d.mu.Lock()
	if d.att != nil || d.shown().Desired { // else why it is off stays visible
		d.stopGrace()
		d.detach()
		d.apply(eventStop, func(s *Snapshot) { s.Desired = false })
	}
	change, prev, snap := d.save(), d.prev, d.shown()
	d.mu.Unlock()

	if prev != nil {
		_ = waitFor(ctx, prev, 0) // past the limit it goes on closing in the background
	}
	switch err := d.record.wait(ctx, change, storeLimit); {
	case errors.Is(err, models.ErrNotFound):
		return d.shown(), ErrNoDevice
	case err != nil:
		return d.shown(), errors.Join(ErrUnsaved, err)
	}
	d.settleLink(context.WithoutCancel(ctx))
	return snap, nil
}

// mayStart says why the device cannot be started now. The caller holds mu.
func (d *device) mayStart() error {
	s := d.shown()
	switch {
	case d.removed:
		return ErrNoDevice
	case d.unlinking, d.marked:
		return ErrBusy
	case d.m.isClosing():
		return ErrShuttingDown
	case s.Reason == ReasonBanned && time.Now().Before(s.Until):
		return &BannedError{Until: s.Until}
	}
	return nil
}

// want stores that the device shall be on, before anything is attempted, unless
// something speaks against it. The caller holds mu.
func (d *device) want(ctx context.Context) error {
	if err := d.mayStart(); err != nil {
		return err
	}
	if d.shown().Desired && d.att != nil {
		return nil
	}
	life := d.life()
	life.Desired, life.OffReason, life.OffUntil, life.OffSince = true, "", time.Time{}, time.Time{}
	err := d.saveFirst(ctx, life)
	if err != nil {
		d.save()
	}
	return err
}

// settleLink makes a stopped device agree with the driver. A link that was claimed,
// but whose attempt was ended before the phone's yes arrived, counts if the driver
// saved the credentials. A link whose credentials are gone was ended by the phone at
// the moment of the stop.
func (d *device) settleLink(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	links, err := d.m.driver.Links(ctx)
	if err != nil {
		d.logStore("list links", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.link == "" || d.att != nil || d.unlinking || d.removed {
		return
	}
	linked := d.shown().Linked()
	switch held := slices.Contains(links, d.link); {
	case held && !linked:
		d.apply(eventNews, func(s *Snapshot) { s.Account.JID = d.link })
	case !held && linked:
		d.unlinked()
		d.off(eventLoggedOut, "credentials_missing", time.Time{})
	case !held:
		d.unlinked()
		d.apply(eventNews, nil)
	}
}

// Watch says that a browser shows this device: while it does, new QR codes keep
// coming. Release it once, when the browser is gone.
func (m *Manager) Watch(id string) (release func()) {
	d, err := m.device(id)
	if err != nil {
		return func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.watchers--
		d.touch()
		if a := d.att; a != nil && d.shown().State == StateScan {
			a.show() // the window counts again
		}
	}
}

// ExtendScanWindow says that somebody was shown this device's code, or asked for it: the
// scan window begins anew. It never blocks.
func (m *Manager) ExtendScanWindow(id string) {
	if d, err := m.device(id); err == nil {
		d.touch()
	}
}

// WaitCode waits until a QR code is valid, until it is certain that none is on its
// way, or until ctx ends, and returns the snapshot of that moment. It counts as
// watching: the scan window starts anew. Errors: ErrNoDevice.
func (m *Manager) WaitCode(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	for first := true; ; first = false {
		d.mu.Lock()
		s := d.shown()
		if first && (s.State == StatePairing || s.State == StateScan) {
			d.touch()
		}
		onItsWay := s.State == StatePairing && s.Reason == ReasonConnecting && d.link == ""
		// A code that ends in this very moment is about to be replaced, or taken away.
		ending := s.QR != nil && !time.Now().Before(s.QR.Expires)
		if !ending && (s.QR != nil || !onItsWay) {
			d.mu.Unlock()
			return s, nil
		}
		changed := d.awaitChange()
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return d.shown(), nil
		}
	}
}

// awaitChange is closed at the device's next change. The caller holds mu.
func (d *device) awaitChange() <-chan struct{} {
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return d.changed
}

// AnswerPasskey passes on the browser's answer to the passkey request. Errors:
// ErrNoDevice, ErrNotLinking, *BadAnswerError, network errors.
func (m *Manager) AnswerPasskey(ctx context.Context, id string, response []byte) error {
	conn, err := m.passkeyConn(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, personLimit)
	defer cancel()
	return conn.AnswerPasskey(ctx, response)
}

// ConfirmPasskey says that the person saw the same code on the phone. Errors:
// ErrNoDevice, ErrNotLinking, network errors.
func (m *Manager) ConfirmPasskey(ctx context.Context, id string) error {
	conn, err := m.passkeyConn(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, personLimit)
	defer cancel()
	return conn.ConfirmPasskey(ctx)
}

func (m *Manager) passkeyConn(id string) (Conn, error) {
	d, err := m.device(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shown().Passkey == nil || d.att == nil || d.att.conn == nil {
		return nil, ErrNotLinking
	}
	return d.att.conn, nil
}
