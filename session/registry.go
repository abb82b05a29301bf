package session

import (
	"context"
	"errors"
	"slices"
	"strings"

	"wadah/models"
)

// Sync picks up devices that another process (wadah device add) has added or
// removed since. A device added elsewhere is started only when somebody starts it.
func (m *Manager) Sync(ctx context.Context) error {
	before := m.all() // a device that this process adds from here on is in no danger
	rows, err := m.store.Devices(ctx)
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(rows))
	for _, row := range rows {
		known[row.ID] = true
		if _, err := m.device(row.ID); err == nil {
			continue
		}
		d := m.adopt(row)
		// The row may have been deleted here since it was read.
		if _, err := m.store.Device(ctx, row.ID); errors.Is(err, models.ErrNotFound) {
			d.mu.Lock()
			d.remove()
			d.mu.Unlock()
		}
	}
	for _, d := range before {
		if !known[d.id] {
			// A device being added by this process is in the table before it is in the list,
			// so what was in the list and is missing in the table is really gone.
			d.mu.Lock()
			d.remove()
			d.mu.Unlock()
		}
	}
	return nil
}

// Find is Snapshot for a device that another process may have added a moment ago. Errors:
// ErrNoDevice, models errors.
func (m *Manager) Find(ctx context.Context, id string) (Snapshot, error) {
	if snap, err := m.Snapshot(id); err == nil {
		return snap, nil
	}
	_, err := m.store.Device(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return Snapshot{}, ErrNoDevice
	}
	if err == nil {
		err = m.Sync(ctx)
	}
	if err != nil {
		return Snapshot{}, err
	}
	return m.Snapshot(id)
}

func (m *Manager) device(id string) (*device, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	d, ok := m.devices[id]
	if !ok {
		return nil, ErrNoDevice
	}
	return d, nil
}

func (m *Manager) all() []*device { return *m.list.Load() }

// adopt puts a stored device into the registry, off, and announces it.
func (m *Manager) adopt(row models.Device) *device {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := m.devices[row.ID]; ok {
		return d
	}
	d := newDevice(m, row)
	m.devices[row.ID] = d
	m.relist()
	m.hub.publish(d.shown())
	return d
}

func (m *Manager) unlist(d *device) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.devices, d.id)
	m.relist()
}

// relist renews the list for readers. The caller holds mu.
func (m *Manager) relist() {
	list := make([]*device, 0, len(m.devices))
	for _, d := range m.devices {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *device) int {
		if c := a.created.Compare(b.created); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	m.list.Store(&list)
}
