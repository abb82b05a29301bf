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

// SetDeviceNote stores the owner's remark about a device. Errors: ErrNoDevice,
// *models.Invalid.
func (m *Manager) SetDeviceNote(ctx context.Context, id, note string) error {
	d, err := m.device(id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := m.store.SetDeviceNote(ctx, id, note); err != nil {
		return err
	}
	row, err := m.store.Device(ctx, id) // the stored note is the tidied one
	if err != nil {
		return err
	}
	s := d.cur
	s.Note = row.Note
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
	case d.cur.Retrying && !d.att.isDialing() && !d.toldToWait():
		// Somebody asks again while we sleep out a delay: try now.
		d.touch()
		d.begin(0, false)
		s := d.cur
		s.NextTry = time.Time{}
		d.set(s)
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
