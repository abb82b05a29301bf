package session

import (
	"context"
	"strings"
)

// This file holds what an owner writes about a device: its name, a note, its proxy. It
// is stored without the device's lock, so that a database that makes writers wait holds
// up no stop.

// edit runs f, which stores something about a device and reads it back, alone among
// those who do so for this device. It returns what the device is like then.
func (m *Manager) edit(id string, f func(d *device) error) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	d.editing.Lock()
	defer d.editing.Unlock()
	err = f(d)
	return d.shown(), err
}

// RenameDevice changes the name. Errors: ErrNoDevice, *models.Invalid.
func (m *Manager) RenameDevice(ctx context.Context, id, name string) (Snapshot, error) {
	return m.edit(id, func(d *device) error {
		if err := m.store.RenameDevice(ctx, id, name); err != nil {
			return err
		}
		return d.reread(ctx)
	})
}

// SetDeviceNote stores the owner's remark about a device. Errors: ErrNoDevice,
// *models.Invalid.
func (m *Manager) SetDeviceNote(ctx context.Context, id, note string) (Snapshot, error) {
	return m.edit(id, func(d *device) error {
		if err := m.store.SetDeviceNote(ctx, id, note); err != nil {
			return err
		}
		return d.reread(ctx)
	})
}

// SetLinkedName stores what the phone calls a device in its list of linked devices; it shows
// from the next linking on. Errors: ErrNoDevice, *models.Invalid.
func (m *Manager) SetLinkedName(ctx context.Context, id, name string) (Snapshot, error) {
	return m.edit(id, func(*device) error { return m.store.SetLinkedName(ctx, id, name) })
}

// reread shows what is stored about the device, which is tidier than what was written.
func (d *device) reread(ctx context.Context) error {
	row, err := d.m.store.Device(ctx, d.id)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.removed {
		d.apply(eventNews, func(s *Snapshot) { s.Name, s.Note = row.Name, row.Note })
	}
	return nil
}

// DeviceProxy is the address of a device's proxy, which may hold a password; "" when it
// has none. Errors: ErrNoDevice.
func (m *Manager) DeviceProxy(id string) (string, error) {
	d, err := m.device(id)
	if err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.proxy, nil
}

// SetDeviceProxy makes the device connect through another proxy, or through none (""),
// at once: what runs connects anew, and a device that is off only because its proxy
// failed is brought up again. What is stored already changes nothing. Errors:
// ErrNoDevice, *models.Invalid.
func (m *Manager) SetDeviceProxy(ctx context.Context, id, address string) (Snapshot, error) {
	if address = strings.TrimSpace(address); address != "" {
		u, err := ParseProxy(address)
		if err != nil {
			return Snapshot{}, err
		}
		address = u.String()
	}
	return m.edit(id, func(d *device) error {
		d.mu.Lock()
		same := address == d.proxy
		d.mu.Unlock()
		if same {
			return nil
		}
		if err := m.store.SetDeviceProxy(ctx, id, address); err != nil {
			return err
		}
		d.useProxy(address)
		return nil
	})
}

func (d *device) useProxy(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.proxy = address
	if d.att != nil && d.mayStart() == nil {
		d.detach()
		d.stopGrace()
		d.bringUp()
	}
}

// SetDefaultDevice makes a device the one that keyless requests from this machine reach, or
// no longer, and changes nothing about another that is. Errors: ErrNoDevice.
func (m *Manager) SetDefaultDevice(ctx context.Context, id string, on bool) (Snapshot, error) {
	chosen, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	if !on {
		if id = ""; !chosen.shown().Default {
			return chosen.shown(), nil
		}
	}
	if err := m.store.SetDefaultDevice(ctx, id); err != nil {
		return chosen.shown(), err
	}
	for _, d := range m.all() {
		d.mu.Lock()
		if is := d.id == id; d.shown().Default != is {
			d.apply(eventNews, func(s *Snapshot) { s.Default = is })
		}
		d.mu.Unlock()
	}
	return chosen.shown(), nil
}
