package session

import (
	"context"
	"time"
)

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
