package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
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

// expect remembers something once, however often it is announced.
func (b *batch) expect(deviceID string, e Expected) error {
	row := expectedRow{ID: b.s.ids.next(b.s.now()), DeviceID: deviceID, Kind: clip(e.Kind, 20), Name: clip(e.Name, 120), NextAt: b.now}
	var err error
	if row.Body, err = b.s.vault.sealData(deviceID, row.ID, e.Body); err != nil {
		return err
	}
	return b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
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
		if e.Body, err = s.vault.openData(r.DeviceID, r.ID, r.Body); err != nil {
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
