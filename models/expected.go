package models

import (
	"context"
	"time"

	"wadah/models/rules"
)

// Expected is something that WhatsApp announced and that is still to be fetched or
// read: it survives restarts until DoneExpected.
type Expected struct {
	ID       string // given by the store
	DeviceID string
	Kind     string // "history", …
	Name     string // unique among the device's of its kind
	Body     []byte // sealed at rest
	Tries    int64
	NextAt   time.Time // not before
}

// ExpectSecret is the kind of what is expected when the secret has come that a message
// needs to be read; Name is our ID of that message.
const ExpectSecret = "secret"

type expectedRow struct {
	ID       string `gorm:"primaryKey"`
	DeviceID string
	Kind     string
	Name     string
	Body     []byte
	Tries    int64
	NextAt   int64
}

func (expectedRow) TableName() string { return "expected" }

const expectQuery = `INSERT INTO expected (id, device_id, kind, name, body, tries, next_at) VALUES (?, ?, ?, ?, ?, 0, ?)
	ON CONFLICT (device_id, kind, name) DO UPDATE SET id = excluded.id, body = excluded.body, tries = 0, next_at = excluded.next_at`

// expect remembers something, once however often it is announced. Announced again it gets
// another ID: who is just reading it has the older one, and does not finish the newer.
func (b *batch) expect(deviceID string, e Expected) error {
	id := b.s.ids.next(b.s.now())
	body, err := b.s.vault.SealData(deviceID, id, e.Body)
	if err != nil {
		return err
	}
	_, err = b.exec(expectQuery, id, deviceID, rules.Clip(e.Kind, 20), rules.Clip(e.Name, 120), body, b.now)
	return err
}

// ExpectedOf returns what a device still expects, oldest first.
func (s *Store) ExpectedOf(ctx context.Context, deviceID string) ([]Expected, error) {
	var rows []expectedRow
	if err := s.read(ctx).Where("device_id = ?", deviceID).Order("id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list what is expected", err)
	}
	list := make([]Expected, 0, len(rows))
	for _, r := range rows {
		e := Expected{ID: r.ID, DeviceID: r.DeviceID, Kind: r.Kind, Name: r.Name, Tries: r.Tries, NextAt: fromMilli(r.NextAt)}
		var err error
		if e.Body, err = s.vault.OpenData(r.DeviceID, r.ID, r.Body); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// Expecting returns the devices that expect something.
func (s *Store) Expecting(ctx context.Context) ([]string, error) {
	var devices []string
	err := s.read(ctx).Model(&expectedRow{}).Distinct().Pluck("device_id", &devices).Error
	return devices, wrap(ctx, "list who expects something", err)
}

// RetryExpected puts something off after a try that failed.
func (s *Store) RetryExpected(ctx context.Context, id string, tries int64, next time.Time) error {
	err := s.write(ctx).Model(&expectedRow{}).Where("id = ?", id).
		Updates(map[string]any{"tries": tries, "next_at": next.UnixMilli()}).Error
	return wrap(ctx, "put off what is expected", err)
}

// DoneExpected forgets something that was fetched and read, or that is given up.
func (s *Store) DoneExpected(ctx context.Context, id string) error {
	return wrap(ctx, "finish what was expected", s.write(ctx).Where("id = ?", id).Delete(&expectedRow{}).Error)
}
