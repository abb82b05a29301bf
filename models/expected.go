package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

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
	row := expectedRow{ID: b.s.ids.next(b.s.now()), DeviceID: deviceID, Kind: rules.Clip(e.Kind, 20), Name: rules.Clip(e.Name, 120), NextAt: b.now}
	var err error
	if row.Body, err = b.s.vault.SealData(deviceID, row.ID, e.Body); err != nil {
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

// Digest is what a phone's history says about people and chats.
type Digest struct {
	Chats []ChatState
	Names []PersonName
	Pairs []Person
}

// ChatState is a chat as the phone knew it. What happened since wins over it.
type ChatState struct {
	Chat     ChatRef
	Name     string // of a group, or from the phone's address book
	LastAt   time.Time
	Unread   int64
	Timer    int64 // seconds until messages disappear
	TimerAt  time.Time
	Archived bool
	Pinned   bool
	MutedTo  time.Time
}

// PersonName is what somebody calls themselves.
type PersonName struct {
	Person Person
	Name   string
}

// SaveDigest stores what was read of something expected and forgets that it is expected,
// both or neither, also across a power cut.
func (s *Store) SaveDigest(ctx context.Context, e Expected, account string, d Digest) error {
	const doing = "store a digest of the phone's history"
	who := owner{e.DeviceID, account}
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		b := &batch{s: s, tx: tx, now: s.nowMilli()}
		for _, p := range d.Pairs {
			if _, err := b.contact(who, p, ""); err != nil {
				return err
			}
		}
		for _, n := range d.Names {
			if _, err := b.contact(who, n.Person, n.Name); err != nil {
				return err
			}
		}
		for _, c := range d.Chats {
			if err := b.chatState(who, c); err != nil {
				return err
			}
		}
		return tx.Where("id = ?", e.ID).Delete(&expectedRow{}).Error
	})
	return s.settle(ctx, doing, err)
}

func (b *batch) chatState(who owner, c ChatState) error {
	chat, err := b.chat(who, c.Chat, "")
	if err != nil {
		return err
	}
	news := map[string]any{"archived": c.Archived, "pinned": c.Pinned}
	if !c.MutedTo.IsZero() {
		news["muted_to"] = c.MutedTo.UnixMilli()
	}
	if name := rules.Clip(c.Name, 256); name != "" {
		if chat.ContactID == nil {
			news["name"] = name
		} else if err := b.tx.Model(&contactRow{}).Where("id = ?", *chat.ContactID).Update("full_name", name).Error; err != nil {
			return err
		}
	}
	if at := c.LastAt.UnixMilli(); !c.LastAt.IsZero() && at > chat.LastAt {
		news["last_at"], news["unread"] = at, c.Unread
	}
	if at := c.TimerAt.UnixMilli(); !c.TimerAt.IsZero() && at > chat.TimerAt {
		news["timer"], news["timer_at"] = c.Timer, at
	}
	b.chats, b.contacts = nil, nil
	return b.tx.Model(&chatRow{}).Where("id = ?", chat.ID).Updates(news).Error
}
