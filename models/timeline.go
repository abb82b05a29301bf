package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// KeptEvents is how many events of a device are kept.
const KeptEvents = 500

// DeviceEvent is one change in the life of a device.
type DeviceEvent struct {
	ID       string // given by AddEvents; sorts by time
	DeviceID string
	At       time.Time // zero: now
	From, To string    // states
	Reason   string
	Detail   string
}

type deviceEventRow struct {
	ID       string `gorm:"primaryKey"`
	DeviceID string
	At       int64
	From     string `gorm:"column:from_state"`
	To       string `gorm:"column:to_state"`
	Reason   string
	Detail   string
}

func (deviceEventRow) TableName() string { return "device_events" }

func (r deviceEventRow) event() DeviceEvent {
	return DeviceEvent{
		ID: r.ID, DeviceID: r.DeviceID, At: fromMilli(r.At),
		From: r.From, To: r.To, Reason: r.Reason, Detail: r.Detail,
	}
}

// AddEvents stores events, all or none, in the order given, and keeps the newest
// 500 of each device. Events of a device that no longer exists are dropped. Each is an
// entry of the event log as well.
func (s *Store) AddEvents(ctx context.Context, events []DeviceEvent) error {
	if len(events) == 0 {
		return nil
	}
	return s.logged(ctx, "store events", make([]Outcome, 1), func(b *batch) error {
		tx := b.tx
		alive, err := existingDevices(tx, events)
		if err != nil {
			return err
		}
		now := s.now()
		var rows []deviceEventRow
		for _, e := range events {
			if !slices.Contains(alive, e.DeviceID) {
				continue
			}
			if e.At.IsZero() {
				e.At = now
			}
			rows = append(rows, deviceEventRow{
				ID: s.ids.next(now), DeviceID: e.DeviceID, At: e.At.UnixMilli(),
				From: rules.Clip(e.From, 20), To: rules.Clip(e.To, 20), Reason: rules.Clip(e.Reason, 40), Detail: rules.Clip(e.Detail, 2000),
			})
		}
		if len(rows) == 0 {
			return nil
		}
		if err := tx.CreateInBatches(rows, 100).Error; err != nil {
			return err
		}
		for _, id := range alive {
			if err := forgetOldEvents(tx, id); err != nil {
				return err
			}
		}
		for _, row := range rows {
			if err := b.log(EventState, stateBody(row), eventRow{DeviceID: row.DeviceID, At: row.At}); err != nil {
				return err
			}
		}
		return nil
	})
}

// EventState is the type of the log's entries about the state of a device.
const EventState = "state"

// stateBody is what the log says about a change of state.
func stateBody(row deviceEventRow) []byte {
	body, err := json.Marshal(struct {
		State  string `json:"state"`
		From   string `json:"from"`
		Reason string `json:"reason"`
		Detail string `json:"detail,omitempty"`
	}{row.To, row.From, row.Reason, row.Detail})
	if err != nil {
		panic(fmt.Sprintf("models: strings have no JSON: %v", err))
	}
	return body
}

// existingDevices returns, without repetition, which of the events' devices exist.
func existingDevices(tx *gorm.DB, events []DeviceEvent) ([]string, error) {
	var wanted []string
	for _, e := range events {
		wanted = append(wanted, e.DeviceID)
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	var alive []string
	for part := range slices.Chunk(wanted, inChunk) {
		var ids []string
		if err := tx.Model(&deviceRow{}).Where("id IN ?", part).Pluck("id", &ids).Error; err != nil {
			return nil, err
		}
		alive = append(alive, ids...)
	}
	return alive, nil
}

// forgetOldEvents deletes all but the newest events of a device.
func forgetOldEvents(tx *gorm.DB, deviceID string) error {
	var newestTooMany []string
	err := tx.Model(&deviceEventRow{}).Where("device_id = ?", deviceID).
		Order("id DESC").Offset(KeptEvents).Limit(1).Pluck("id", &newestTooMany).Error
	if err != nil || len(newestTooMany) == 0 {
		return err
	}
	return tx.Where("device_id = ? AND id <= ?", deviceID, newestTooMany[0]).Delete(&deviceEventRow{}).Error
}

// LatestEvents returns the newest event of each device that has one, by device.
func (s *Store) LatestEvents(ctx context.Context) (map[string]DeviceEvent, error) {
	// One seek in the index for each device, however long the timelines are.
	newest := s.read(ctx).Table("devices").Select(
		"(SELECT e.id FROM device_events e WHERE e.device_id = devices.id ORDER BY e.id DESC LIMIT 1)")
	var rows []deviceEventRow
	if err := s.read(ctx).Where("id IN (?)", newest).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list newest events", err)
	}
	events := make(map[string]DeviceEvent, len(rows))
	for _, r := range rows {
		events[r.DeviceID] = r.event()
	}
	return events, nil
}

// Events returns events of a device, newest first: at most limit (all that are
// kept when limit is not positive), and only those before beforeID unless that is
// empty.
func (s *Store) Events(ctx context.Context, deviceID string, limit int, beforeID string) ([]DeviceEvent, error) {
	if limit <= 0 || limit > KeptEvents {
		limit = KeptEvents
	}
	q := s.read(ctx).Where("device_id = ?", deviceID)
	if beforeID != "" {
		q = q.Where("id < ?", beforeID)
	}
	var rows []deviceEventRow
	if err := q.Order("id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list events", err)
	}
	events := make([]DeviceEvent, 0, len(rows))
	for _, r := range rows {
		events = append(events, r.event())
	}
	return events, nil
}

// EventsSince returns, of each of these devices, the events since a moment and the last one
// before, which says how things stood then; newest first. One query, however many devices.
func (s *Store) EventsSince(ctx context.Context, deviceIDs []string, since time.Time) (map[string][]DeviceEvent, error) {
	events := make(map[string][]DeviceEvent, len(deviceIDs))
	err := inParts(deviceIDs, func(part []string) error {
		// Events are written when they have happened, never before: their IDs bound them, and
		// have an index.
		first := firstID(since)
		var rows []deviceEventRow
		err := s.read(ctx).Raw(`SELECT * FROM device_events WHERE device_id IN ? AND id >= ?
			UNION ALL
			SELECT * FROM device_events WHERE id IN (
				SELECT (SELECT MAX(e.id) FROM device_events e WHERE e.device_id = devices.id AND e.id < ?)
				FROM devices WHERE devices.id IN ?)
			ORDER BY id DESC`, part, first, first, part).Scan(&rows).Error
		for _, r := range rows {
			events[r.DeviceID] = append(events[r.DeviceID], r.event())
		}
		return err
	})
	if err != nil {
		return nil, wrap(ctx, "list events of devices", err)
	}
	return events, nil
}
