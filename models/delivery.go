package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID         string
	EndpointID string
	DeviceID   string
	Seq        int64  // of the event
	State      string // one of the Delivery constants
	Tries      int    // so far
	NextAt     time.Time
}

// What a delivery can be.
const (
	DeliveryPending = "pending"
	DeliveryLate    = "late" // has failed so often that its chat goes on without it
	DeliveryDone    = "done"
	DeliveryDead    = "dead"    // was tried for the last time
	DeliverySkipped = "skipped" // there is nothing to send any more
)

type deliveryRow struct {
	ID         string `gorm:"primaryKey"`
	EndpointID string
	DeviceID   string
	ChatID     string // "": about no chat
	Seq        int64
	State      string
	Tries      int64
	NextAt     int64
	DoneAt     int64
}

func (deliveryRow) TableName() string { return "deliveries" }

type attemptRow struct {
	ID         string `gorm:"primaryKey"`
	DeliveryID string
	At         int64
	Took       int64
	Status     int
	Error      string
	Answer     []byte
}

func (attemptRow) TableName() string { return "attempts" }

const newDeliveryQuery = `INSERT INTO deliveries (id, endpoint_id, device_id, chat_id, seq, state, tries, next_at, done_at)
	VALUES (?, ?, ?, ?, ?, '` + DeliveryPending + `', 0, ?, 0)`

// deliver puts the events of the batch, which have their numbers, on their way to the
// endpoints that want them.
func (b *batch) deliver() error {
	if len(b.events) == 0 {
		return nil
	}
	now := b.s.now()
	among, err := b.s.endpoints.wanted(now, b.tx)
	if err != nil {
		return err
	}
	for _, e := range b.events {
		for _, endpoint := range matching(among, e.DeviceID, e.Type) {
			id := b.s.ids.next(now)
			if _, err := b.exec(newDeliveryQuery, id, endpoint, e.DeviceID, text(e.ChatID), e.Seq, b.now); err != nil {
				return err
			}
			if b.endpoints == nil {
				b.endpoints = make(map[string]bool)
			}
			b.endpoints[endpoint] = true
		}
	}
	return nil
}

// OnDeliveries has f called after each commit that put events on their way, with the
// endpoints concerned. f must not block. It is set before anything is stored.
func (s *Store) OnDeliveries(f func(endpoints map[string]bool)) { s.onDeliveries = f }

// unblocked are deliveries that no older one of the same endpoint, device and chat comes before.
const unblocked = `(state = ? OR state = ? AND NOT EXISTS (SELECT 1 FROM deliveries AS older
	WHERE older.endpoint_id = deliveries.endpoint_id AND older.state = ? AND older.chat_id = deliveries.chat_id
	AND older.device_id = deliveries.device_id AND older.seq < deliveries.seq))`

// DueDeliveries are at most limit deliveries of an active endpoint whose time has come and
// that nothing comes before, those that wait longest first.
func (s *Store) DueDeliveries(ctx context.Context, endpointID string, limit int) ([]Delivery, error) {
	now := s.nowMilli()
	open := s.read(ctx).Model(&endpointRow{}).Select("id").Where("state = ? AND probe_at <= ?", EndpointActive, now)
	var rows []deliveryRow
	err := s.read(ctx).Where("endpoint_id = ? AND next_at <= ?", endpointID, now).
		Where(unblocked, DeliveryLate, DeliveryPending, DeliveryPending).Where("endpoint_id IN (?)", open).
		Order("next_at, id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "find due deliveries", err)
	}
	list := make([]Delivery, 0, len(rows))
	for _, r := range rows {
		list = append(list, deliveryOf(r))
	}
	return list, nil
}

func deliveryOf(r deliveryRow) Delivery {
	return Delivery{
		ID: r.ID, EndpointID: r.EndpointID, DeviceID: r.DeviceID, Seq: r.Seq, State: r.State,
		Tries: int(r.Tries), NextAt: fromMilli(r.NextAt),
	}
}

// DueEndpoints are the endpoints that have deliveries whose time has come.
func (s *Store) DueEndpoints(ctx context.Context) (ids []string, err error) {
	err = s.read(ctx).Model(&deliveryRow{}).Distinct("endpoint_id").
		Where("state IN ? AND next_at <= ?", []string{DeliveryPending, DeliveryLate}, s.nowMilli()).Pluck("endpoint_id", &ids).Error
	return ids, wrap(ctx, "find endpoints with due deliveries", err)
}

// Deliveries are the newest of an endpoint, newest first.
func (s *Store) Deliveries(ctx context.Context, endpointID string, limit int) ([]Delivery, error) {
	var rows []deliveryRow
	if err := s.read(ctx).Where("endpoint_id = ?", endpointID).Order("id DESC").Limit(limit).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list deliveries", err)
	}
	list := make([]Delivery, 0, len(rows))
	for _, r := range rows {
		list = append(list, deliveryOf(r))
	}
	return list, nil
}

// Attempt is one try of a delivery.
type Attempt struct {
	At     time.Time
	Took   time.Duration
	Status int    // of HTTP; 0: there was no answer
	Error  string // why there was none
	Answer []byte // its beginning
}

// keptAttempts is how many of the tries of a delivery are kept.
const keptAttempts = 20

// Next is what follows from an attempt.
type Next struct {
	State string    // of the delivery
	At    time.Time // of the next try, when there is one
	// Gone: the endpoint wants nothing any more.
	Gone bool
	// Breaker is after how many failures in a row the endpoint is tried only now and then:
	// not again before Probe.
	Breaker int
	Probe   time.Time
}

// NoteAttempt stores a try of a delivery and what follows from it.
func (s *Store) NoteAttempt(ctx context.Context, d Delivery, a Attempt, next Next) error {
	row := attemptRow{
		ID: s.ids.next(s.now()), DeliveryID: d.ID, At: a.At.UnixMilli(), Took: a.Took.Milliseconds(), Status: a.Status, Error: rules.Clip(a.Error, 300),
	}
	var err error
	if row.Answer, err = s.vault.SealData(d.DeviceID, row.ID, a.Answer); err != nil {
		return err
	}
	err = s.tx(ctx, "note attempt", func(tx *gorm.DB) error {
		change := map[string]any{"state": next.State, "tries": d.Tries + 1}
		if next.At.IsZero() {
			change["done_at"] = s.nowMilli()
		} else {
			change["next_at"] = next.At.UnixMilli()
		}
		res := tx.Model(&deliveryRow{}).Where("id = ?", d.ID).Updates(change)
		if res.Error != nil || res.RowsAffected == 0 { // its endpoint was deleted meanwhile
			return res.Error
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		var old []string
		if err := tx.Model(&attemptRow{}).Where("delivery_id = ?", d.ID).Order("id DESC").Offset(keptAttempts).Limit(keptAttempts).Pluck("id", &old).Error; err != nil {
			return err
		}
		if len(old) > 0 {
			if err := tx.Where("id IN ?", old).Delete(&attemptRow{}).Error; err != nil {
				return err
			}
		}
		return s.health(tx, d.EndpointID, next)
	})
	if next.Gone {
		s.endpoints.reset()
	}
	return err
}

// health notes how an endpoint is.
func (s *Store) health(tx *gorm.DB, endpointID string, next Next) error {
	q := tx.Model(&endpointRow{}).Where("id = ?", endpointID)
	switch {
	case next.State == DeliverySkipped: // nothing was sent
		return nil
	case next.State == DeliveryDone:
		return q.Updates(map[string]any{"failures": 0, "probe_at": 0, "succeeded_at": s.nowMilli()}).Error
	case next.Gone:
		return q.Updates(map[string]any{"state": EndpointGone}).Error
	}
	if err := q.Update("failures", gorm.Expr("failures + 1")).Error; err != nil {
		return err
	}
	return tx.Model(&endpointRow{}).Where("id = ? AND failures >= ?", endpointID, next.Breaker).Update("probe_at", next.Probe.UnixMilli()).Error
}

// Attempts are the tries of a delivery that are kept, oldest first.
func (s *Store) Attempts(ctx context.Context, d Delivery) ([]Attempt, error) {
	var rows []attemptRow
	if err := s.read(ctx).Where("delivery_id = ?", d.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list attempts", err)
	}
	list := make([]Attempt, 0, len(rows))
	for _, r := range rows {
		answer, err := s.vault.OpenData(d.DeviceID, r.ID, r.Answer)
		if err != nil {
			return nil, err
		}
		list = append(list, Attempt{At: fromMilli(r.At), Took: time.Duration(r.Took) * time.Millisecond, Status: r.Status, Error: r.Error, Answer: answer})
	}
	return list, nil
}
