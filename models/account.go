package models

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

// AccountLock is what WhatsApp lets an account do for now.
type AccountLock struct {
	DeviceID string // of Locks
	Account  string // likewise
	Active   bool   // it may open no new chats
	Kind     string // WhatsApp's word
	Until    time.Time
	At       time.Time
}

// accountRow is what is known of an account that a device is or was linked to.
type accountRow struct {
	DeviceID  string `gorm:"primaryKey"`
	Account   string `gorm:"primaryKey"`
	GroupsAt  int64
	Locked    bool
	LockKind  string
	LockUntil int64
	LockAt    int64
}

func (accountRow) TableName() string { return "accounts" }

// setAccount writes some columns of an account's row, and makes the row when there is none.
func setAccount(tx *gorm.DB, row accountRow, columns ...string) error {
	return tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "device_id"}, {Name: "account"}},
		DoUpdates: clause.AssignmentColumns(columns),
	}).Create(&row).Error
}

// lock stores what WhatsApp allows an account. Older news does not replace newer.
func (b *batch) lock(who owner, l AccountLock) error {
	row := accountRow{DeviceID: who.device, Account: who.account, Locked: l.Active, LockKind: rules.Clip(l.Kind, 60), LockAt: b.moment(l.At)}
	if !l.Until.IsZero() {
		row.LockUntil = l.Until.UnixMilli()
	}
	var old accountRow
	err := b.tx.Where("device_id = ? AND account = ?", who.device, who.account).Take(&old).Error
	switch {
	case err == nil && old.LockAt > row.LockAt:
		return nil
	case err != nil && !errors.Is(err, gorm.ErrRecordNotFound):
		return err
	}
	return setAccount(b.tx, row, "locked", "lock_kind", "lock_until", "lock_at")
}

// Locks returns what WhatsApp forbids accounts, as far as it has not said that it is over.
func (s *Store) Locks(ctx context.Context) ([]AccountLock, error) {
	var rows []accountRow
	if err := s.read(ctx).Where("locked = ?", true).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list what accounts may not do", err)
	}
	list := make([]AccountLock, 0, len(rows))
	for _, r := range rows {
		list = append(list, AccountLock{
			DeviceID: r.DeviceID, Account: r.Account, Active: true, Kind: r.LockKind, Until: momentOf(r.LockUntil), At: momentOf(r.LockAt),
		})
	}
	return list, nil
}

// GroupsRead is when the whole list of an account's groups was read; zero when it never was.
func (s *Store) GroupsRead(ctx context.Context, deviceID, account string) (time.Time, error) {
	var row accountRow
	err := s.read(ctx).Where("device_id = ? AND account = ?", deviceID, account).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, nil
	}
	return momentOf(row.GroupsAt), wrap(ctx, "look when groups were read", err)
}

// ForgetAccounts has the groups of all accounts read anew, and takes what WhatsApp once
// forbade for over: of an older copy of the database nobody knows what has happened since.
func (s *Store) ForgetAccounts(ctx context.Context) error {
	err := s.write(ctx).Model(&accountRow{}).Where("device_id <> ''").Updates(map[string]any{"groups_at": 0, "locked": false}).Error
	return wrap(ctx, "forget what is known of accounts", err)
}
