package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

type settingRow struct {
	Name      string `gorm:"primaryKey"`
	Value     string
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (settingRow) TableName() string { return "settings" }

// Setting returns the value of a setting; ErrNotFound when it was never set.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	return getSetting(ctx, s.engine.Reads(), name)
}

func getSetting(ctx context.Context, db *gorm.DB, name string) (string, error) {
	var row settingRow
	err := db.WithContext(ctx).Where("name = ?", name).Take(&row).Error
	return row.Value, wrap(ctx, "read setting "+name, err)
}

// SetSetting stores a setting.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return wrap(ctx, "store setting "+name, putSetting(s.write(ctx), name, value, s.now()))
}

func putSetting(db *gorm.DB, name, value string, now time.Time) error {
	row := settingRow{Name: name, Value: value, UpdatedAt: now.UnixMilli()}
	return db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "name"}},
		DoUpdates: clause.AssignmentColumns([]string{"value", "updated_at"}),
	}).Create(&row).Error
}

// Retention is how long what devices are sent and send is kept.
type Retention struct {
	Bodies time.Duration // what was said; 0 keeps nothing beyond delivery
	Index  time.Duration // that something was said: who, when, of what kind
	Events time.Duration // the event log
}

// DefaultRetention is kept unless the settings say otherwise.
var DefaultRetention = Retention{Bodies: 7 * 24 * time.Hour, Index: 30 * 24 * time.Hour, Events: 3 * 24 * time.Hour}

// MaxRetention bounds each age of a Retention.
const MaxRetention = 10 * 365 * 24 * time.Hour

const retentionSetting = "message_retention" // JSON of Retention, nanoseconds

// Retention is what the installation keeps: DefaultRetention until it is set. A value
// that cannot be read is an error, so that nothing is deleted by mistake.
func (s *Store) Retention(ctx context.Context) (Retention, error) {
	text, err := s.Setting(ctx, retentionSetting)
	switch {
	case errors.Is(err, ErrNotFound):
		return DefaultRetention, nil
	case err != nil:
		return Retention{}, err
	}
	var r Retention
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return Retention{}, fmt.Errorf("read setting %s: %w", retentionSetting, err)
	}
	return r, r.check()
}

// SetRetention stores what the installation keeps; the next sweep follows it. Errors:
// "retention_range" when an age is not from 0 to MaxRetention.
func (s *Store) SetRetention(ctx context.Context, r Retention) error {
	if err := r.check(); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.SetSetting(ctx, retentionSetting, string(text))
}

func (r Retention) check() error {
	for field, age := range map[string]time.Duration{"bodies": r.Bodies, "index": r.Index, "events": r.Events} {
		if age < 0 || age > MaxRetention {
			return rules.Refuse(field, "retention_range", "Keep it from 0 to 3650 days.")
		}
	}
	return nil
}

// resendFor is how long the content of what the account sent is kept whatever is set:
// recipients that could not read it ask for it again.
const resendFor = 24 * time.Hour

// sweepAtOnce bounds the rows that one transaction of a sweep removes, so that what
// arrives meanwhile does not wait for long.
const sweepAtOnce = 500

// SweepMessages removes what is older than r says, and returns how many rows it changed.
// What still waits to be sent stays.
func (s *Store) SweepMessages(ctx context.Context, r Retention) (int64, error) {
	now := s.now()
	before := func(age time.Duration) int64 { return now.Add(-age).UnixMilli() }
	const unsent = "id NOT IN (SELECT message_id FROM sends)"
	// Each step names the rows by a query that finds the next few of them.
	steps := []struct {
		doing, query string
		args         []any
	}{
		{
			"forget what was said", `UPDATE messages SET body = NULL WHERE id IN (SELECT id FROM messages
				WHERE body IS NOT NULL AND stored_at < ? AND (sender_id <> '' OR stored_at < ?) AND ` + unsent + ` LIMIT ?)`,
			[]any{before(r.Bodies), before(resendFor)},
		},
		{
			"forget old messages", `DELETE FROM messages WHERE id IN (SELECT id FROM messages
				WHERE stored_at < ? AND (sender_id <> '' OR stored_at < ?) AND ` + unsent + ` LIMIT ?)`,
			[]any{before(max(r.Index, r.Bodies)), before(resendFor)},
		},
		{"forget keys of idempotency", `DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE expires_at < ? LIMIT ?)`, []any{now.UnixMilli()}},
	}
	var all int64
	for _, step := range steps {
		n, err := s.sweep(ctx, step.doing, step.query, step.args...)
		all += n
		if err != nil {
			return all, err
		}
	}
	n, err := s.sweepDeliveries(ctx)
	all += n
	if err != nil {
		return all, err
	}
	n, err = s.sweepEvents(ctx, before(r.Events))
	return all + n, err
}

// sweep runs a query that changes a few rows until it finds none.
func (s *Store) sweep(ctx context.Context, doing, query string, args ...any) (all int64, err error) {
	args = append(args, sweepAtOnce)
	for {
		res := s.write(ctx).Exec(query, args...)
		all += res.RowsAffected
		if res.Error != nil || res.RowsAffected < sweepAtOnce {
			return all, wrap(ctx, doing, res.Error)
		}
	}
}

// sweepEvents removes the oldest events of each device. Only a beginning of a log goes,
// never something out of its middle.
func (s *Store) sweepEvents(ctx context.Context, before int64) (all int64, err error) {
	const doing = "forget old events"
	var heads []eventHead
	if err := s.read(ctx).Find(&heads).Error; err != nil {
		return 0, wrap(ctx, doing, err)
	}
	for _, head := range heads {
		// The first that stays; when none does, the next one to come.
		var keep int64
		err := s.read(ctx).Raw(`SELECT COALESCE(MIN(seq), ?) FROM event_log WHERE device_id = ? AND at >= ?`, head.Last+1, head.DeviceID, before).Scan(&keep).Error
		if err != nil {
			return all, wrap(ctx, doing, err)
		}
		// What still waits for an endpoint, or can be sent to it again, stays.
		err = s.read(ctx).Raw(`SELECT COALESCE(MIN(seq), ?) FROM deliveries WHERE device_id = ? AND seq < ? AND state IN ?`,
			keep, head.DeviceID, keep, []string{DeliveryPending, DeliveryLate, DeliveryDead}).Scan(&keep).Error
		if err != nil {
			return all, wrap(ctx, doing, err)
		}
		if keep <= head.First {
			continue
		}
		// The range first: a reader must not find a gap that it cannot explain.
		err = s.write(ctx).Model(&eventHead{}).Where("device_id = ?", head.DeviceID).Update("first", keep).Error
		if err != nil {
			return all, wrap(ctx, doing, err)
		}
		n, err := s.sweep(ctx, doing, `DELETE FROM event_log WHERE device_id = ? AND seq < ? AND seq IN (SELECT seq FROM event_log
			WHERE device_id = ? AND seq < ? LIMIT ?)`, head.DeviceID, keep, head.DeviceID, keep)
		all += n
		if err != nil {
			return all, err
		}
	}
	return all, nil
}
