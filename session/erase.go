package session

import (
	"context"
	"errors"

	"wadah/models"
)

// ErrTracesLeft says that a person was erased, and that the bytes of it are still in the
// database's log, because somebody reads. They go with the next writes.
var ErrTracesLeft = errors.New("what was erased is still in the database's log for a while")

// Erase deletes all that is kept of a person on these devices, here and in the driver's
// tables, and makes the bytes disappear as far as the database can. It can be repeated
// after an error. Errors: ErrNoDevice, ErrStorage, ErrTracesLeft.
func (m *Manager) Erase(ctx context.Context, deviceIDs []string, who models.Person) (models.Erasure, error) {
	var jids []string
	for _, id := range deviceIDs {
		d, err := m.device(id)
		if err != nil {
			return models.Erasure{}, err
		}
		d.mu.Lock()
		if d.link != "" {
			jids = append(jids, d.link)
		}
		d.mu.Unlock()
	}
	n, addresses, err := m.store.Erase(ctx, deviceIDs, who)
	if err != nil {
		return n, err
	}
	elsewhere, err := m.store.KnownAnywhere(ctx, addresses)
	if err != nil {
		return n, err
	}
	if err := m.driver.Erase(ctx, jids, addresses, !elsewhere); err != nil {
		return n, err
	}
	err = m.store.Scrub(ctx)
	if errors.Is(err, models.ErrBusy) {
		err = ErrTracesLeft
	}
	return n, err
}
