package session

import (
	"context"
	"time"

	"wadah/models"
)

// This file keeps timelines true over the time in which the program did not run. A
// device that was on when the program ended gets an event that says so: at once when
// the end was orderly, by the next start when it was not.

// noteServerDown ends, in the timeline, what was going on when the program was killed:
// at the last moment it is known to have run. A timeline that ends in SERVICE_OFF is
// left alone, so a second start adds nothing. The batch is stored with the first events
// of this run; killed before that, the next start does the same again.
func (m *Manager) noteServerDown(ctx context.Context, rows []models.Device) error {
	latest, err := m.store.LatestEvents(ctx)
	if err != nil {
		return err
	}
	at := lastRun(rows, latest, time.Now())
	for _, row := range rows {
		if e, ok := latest[row.ID]; ok && e.To != string(StateOff) {
			m.journal.add(serverDown(row.ID, e.To, at))
		}
	}
	return nil
}

// lastRun is the last moment at which the program is known to have run: whatever it
// wrote then about one device, the others had not changed since their own newest event.
// A clock that was set back does not lead into the future.
func lastRun(rows []models.Device, latest map[string]models.DeviceEvent, now time.Time) time.Time {
	var last time.Time
	later := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, row := range rows {
		if row.LastAliveAt != nil {
			later(*row.LastAliveAt)
		}
		later(latest[row.ID].At)
	}
	if last.After(now) {
		return now
	}
	return last
}

// noteGoingDown ends a device's timeline at an orderly shutdown. The caller holds the
// device's lock.
func (m *Manager) noteGoingDown(d *device) {
	if state := d.shown().State; !d.removed && state != StateOff {
		m.journal.add(serverDown(d.id, string(state), time.Now()))
	}
}

func serverDown(id, from string, at time.Time) models.DeviceEvent {
	return models.DeviceEvent{DeviceID: id, At: at, From: from, To: string(StateOff), Reason: string(ReasonServerDown)}
}
