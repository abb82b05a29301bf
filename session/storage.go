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
	d.m.log.Error("the device is off because the storage fails; it keeps trying", "device", d.id, "err", err)
	if d.unlinking {
		d.lost(a, "storage")
		return
	}
	d.pause(eventStorage, "", backoffDelay(max(d.count(a), 1)))
}

// isStorage reports whether err is about our store or the driver's, and not about what
// it was asked.
func isStorage(err error) bool {
	return errors.Is(err, ErrStorage) || errors.Is(err, models.ErrStorage) || errors.Is(err, models.ErrCorrupt)
}
