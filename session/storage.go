package session

import (
	"errors"

	"wadah/models"
)

// storageFailed handles that our store or the driver's could not keep what this
// attempt brought. Its connection is closed: what cannot be stored must not be
// accepted. The caller holds d.mu.
func (a *attempt) storageFailed(err error) {
	d := a.d
	d.m.log.Warn("the device could not store what it must", "device", d.id, "err", err)
	d.m.storage.suspect()
	if d.unlinking {
		d.lost(a, "storage")
		return
	}
	d.pause(eventStorage, "", backoffDelay(max(d.count(a), 1)))
}

// awaitStorage waits until what the attempt brings can be stored; false when the attempt
// is no longer wanted.
func (a *attempt) awaitStorage() bool {
	d := a.d
	works, fails := d.m.storage.verdict()
	select {
	case <-works:
		return true
	case <-fails:
	case <-a.ctx.Done():
		return false
	}
	d.mu.Lock()
	if d.att == a {
		d.stopGrace()
		d.apply(eventStorage, func(s *Snapshot) { s.Retrying = true })
	}
	d.mu.Unlock()
	return waitFor(a.ctx, works, 0) == nil
}

// storageReplaced ends every connection: what they bring would be stored in a file that
// nobody will find again.
func (m *Manager) storageReplaced(err error) {
	for _, d := range m.all() {
		d.mu.Lock()
		if a := d.att; a != nil && d.shown().Reason != ReasonStorage {
			a.storageFailed(err)
		}
		d.mu.Unlock()
	}
}

// isStorage reports whether err is about our store or the driver's, and not about what
// it was asked.
func isStorage(err error) bool {
	return errors.Is(err, ErrStorage) || errors.Is(err, models.ErrStorage) || errors.Is(err, models.ErrCorrupt)
}
