package session

import (
	"context"
	"slices"
	"time"

	"wadah/models"
)

// AddDevice creates a device, off, with its first API key; the key's Value is plain
// only in this answer. Errors: *models.Invalid for a bad or taken name.
func (m *Manager) AddDevice(ctx context.Context, name string) (Snapshot, models.APIKey, error) {
	if m.isClosing() {
		return Snapshot{}, models.APIKey{}, ErrShuttingDown
	}
	row, key, err := m.store.CreateDevice(ctx, name)
	if err != nil {
		return Snapshot{}, models.APIKey{}, err
	}
	return *m.adopt(row).snap.Load(), key, nil
}

// RenameDevice changes the name. Errors: ErrNoDevice, *models.Invalid.
func (m *Manager) RenameDevice(ctx context.Context, id, name string) error {
	d, err := m.device(id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := m.store.RenameDevice(ctx, id, name); err != nil {
		return err
	}
	row, err := m.store.Device(ctx, id) // the stored name is the tidied one
	if err != nil {
		return err
	}
	s := d.cur
	s.Name = row.Name
	d.set(s)
	return nil
}

// SetDefaultDevice makes id the device that keyless requests from this machine reach;
// "" leaves none. Errors: ErrNoDevice.
func (m *Manager) SetDefaultDevice(ctx context.Context, id string) error {
	if id != "" {
		if _, err := m.device(id); err != nil {
			return err
		}
	}
	if err := m.store.SetDefaultDevice(ctx, id); err != nil {
		return err
	}
	for _, d := range m.all() {
		d.mu.Lock()
		if is := d.id == id; d.cur.Default != is {
			s := d.cur
			s.Default = is
			d.set(s)
		}
		d.mu.Unlock()
	}
	return nil
}

// StartDevice wants the device on. It is idempotent and returns at once with the
// state the start led to. Errors: ErrNoDevice, ErrBusy, *BannedError, ErrShuttingDown,
// models errors.
func (m *Manager) StartDevice(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.mayStart(); err != nil {
		return d.cur, err
	}
	if err := d.want(ctx); err != nil {
		return d.cur, err
	}
	switch {
	case d.att == nil:
		d.bringUp()
	case d.cur.Retrying && !d.att.isDialing():
		// Somebody asks again while we sleep out a delay: try now.
		d.touch()
		d.begin(0, false)
	default:
		d.touch()
	}
	return d.cur, nil
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
	if err := d.mayStart(); err != nil {
		return d.cur, err
	}
	if err := d.want(ctx); err != nil {
		return d.cur, err
	}
	d.detach()
	d.stopGrace()
	d.bringUp()
	return d.cur, nil
}

// StopDevice wants the device off and keeps its link. It is idempotent and returns
// within 5 s, when nothing of the connection is left. Errors: ErrNoDevice, models errors.
func (m *Manager) StopDevice(ctx context.Context, id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	if d.att == nil && !d.cur.Desired {
		defer d.mu.Unlock()
		return d.cur, nil // off already; why it is off stays visible
	}
	if err := m.store.SetOff(ctx, id, string(ReasonStopped), nil, false); err != nil {
		defer d.mu.Unlock()
		return d.cur, err
	}
	d.stopGrace()
	d.detach()
	d.apply(eventStop, func(s *Snapshot) { s.Desired = false })
	prev, snap := d.prev, d.cur
	d.mu.Unlock()

	if prev != nil {
		_ = waitFor(ctx, prev, stopLimit) // past the limit it goes on closing in the background
	}
	d.settleLink(ctx)
	return snap, nil
}

// mayStart says why the device cannot be started now. The caller holds mu.
func (d *device) mayStart() error {
	switch {
	case d.removed:
		return ErrNoDevice
	case d.unlinking:
		return ErrBusy
	case d.m.isClosing():
		return ErrShuttingDown
	case d.cur.Reason == ReasonBanned && time.Now().Before(d.cur.Until):
		return &BannedError{Until: d.cur.Until}
	}
	return nil
}

// want stores that the device shall be on, before anything is attempted.
func (d *device) want(ctx context.Context) error {
	if d.cur.Desired && d.att != nil {
		return nil
	}
	if err := d.m.store.SetDesired(ctx, d.id, true); err != nil {
		return err
	}
	d.cur.Desired = true
	return nil
}

// settleLink makes a stopped device agree with the driver. A link that was claimed,
// but whose attempt was ended before the phone's yes arrived, counts if the driver
// saved the credentials. A link whose credentials are gone was ended by the phone at
// the moment of the stop.
func (d *device) settleLink(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.link == "" || d.att != nil || d.unlinking || d.removed {
		return
	}
	links, err := d.m.driver.Links(ctx)
	if err != nil {
		d.logStore("list links", err)
		return
	}
	switch held := slices.Contains(links, d.link); {
	case held && !d.cur.Linked():
		s := d.cur
		s.Account.JID = d.link
		d.set(s)
	case !held && d.cur.Linked():
		d.unlinked()
		d.off(eventLoggedOut, "credentials_missing", time.Time{})
	case !held:
		d.unlinked()
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
		if a := d.att; a != nil && d.cur.State == StateScan {
			a.show() // the window counts again
		}
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
		s := d.cur
		if first && (s.State == StatePairing || s.State == StateScan) {
			d.touch()
		}
		onItsWay := s.State == StatePairing && s.Reason == ReasonConnecting && d.link == ""
		if s.QR != nil || !onItsWay {
			d.mu.Unlock()
			return s, nil
		}
		changed := d.awaitChange()
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return *d.snap.Load(), nil
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

// PairPhone gets a code for linking by phone number; number is international digits
// without plus. An off device is started for it. The answer is SERVICE_SCAN/code.
// Errors: ErrNoDevice, ErrAlreadyLinked, ErrRateLimited, ErrBadNumber, ErrNotLinking
// when WhatsApp could not be reached in time, those of StartDevice.
func (m *Manager) PairPhone(ctx context.Context, id, number string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	linked := d.link != ""
	d.mu.Unlock()
	if linked {
		return *d.snap.Load(), ErrAlreadyLinked
	}
	if _, err := m.StartDevice(ctx, id); err != nil {
		return *d.snap.Load(), err
	}
	s, err := m.WaitCode(ctx, id)
	if err != nil {
		return s, err
	}
	d.mu.Lock()
	a := d.att
	d.mu.Unlock()
	if s.State != StateScan || a == nil {
		return s, ErrNotLinking
	}
	// Codes may arrive a moment before the dial returns.
	if err := waitFor(ctx, a.dialed, 0); err != nil {
		return s, err
	}
	d.mu.Lock()
	conn := a.conn
	current := d.att == a && conn != nil
	d.mu.Unlock()
	if !current {
		return *d.snap.Load(), ErrNotLinking
	}

	c, err := conn.PairPhone(ctx, number)
	if err != nil {
		return *d.snap.Load(), err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att != a || d.cur.State != StateScan {
		return d.cur, ErrNotLinking
	}
	a.showPhoneCode(c)
	return d.cur, nil
}

// AnswerPasskey passes on the browser's answer to the passkey request. Errors:
// ErrNoDevice, ErrNotLinking, *BadAnswerError, network errors.
func (m *Manager) AnswerPasskey(ctx context.Context, id string, response []byte) error {
	conn, err := m.passkeyConn(id)
	if err != nil {
		return err
	}
	return conn.AnswerPasskey(ctx, response)
}

// ConfirmPasskey says that the person saw the same code on the phone. Errors:
// ErrNoDevice, ErrNotLinking, network errors.
func (m *Manager) ConfirmPasskey(ctx context.Context, id string) error {
	conn, err := m.passkeyConn(id)
	if err != nil {
		return err
	}
	return conn.ConfirmPasskey(ctx)
}

func (m *Manager) passkeyConn(id string) (Conn, error) {
	d, err := m.device(id)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur.Passkey == nil || d.att == nil || d.att.conn == nil {
		return nil, ErrNotLinking
	}
	return d.att.conn, nil
}
