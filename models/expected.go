package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

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

// Digest is what a phone's history, or the settings of an account, say about people and
// chats.
type Digest struct {
	Chats []ChatState
	Names []PersonName // what people call themselves
	Book  []PersonName // what the account's address book calls them; "" for not at all
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
	Set      bool // the last three are as they are now, and win
}

// PersonName is what somebody is called.
type PersonName struct {
	Person Person
	Name   string
}

// digestAtOnce bounds what one transaction takes of a digest: messages must not wait for
// the thousands of chats of a busy account.
const digestAtOnce = 100

// SaveDigest stores what was read of something expected, and then forgets that it is
// expected, also across a power cut. What is stored twice changes nothing.
func (s *Store) SaveDigest(ctx context.Context, e Expected, account string, d Digest) error {
	const doing = "store a digest of the phone's history"
	who := owner{e.DeviceID, account}
	for _, part := range d.parts() {
		err := s.tx(ctx, doing, func(tx *gorm.DB) error {
			b := s.batch(tx)
			if err := b.digest(who, part); err != nil {
				return err
			}
			return b.writeChats()
		})
		if err != nil {
			return err
		}
	}
	return s.settle(ctx, doing, s.DoneExpected(ctx, e.ID))
}

// parts are digests that fit into one transaction each.
func (d Digest) parts() (parts []Digest) {
	for part := range slices.Chunk(d.Pairs, digestAtOnce) {
		parts = append(parts, Digest{Pairs: part})
	}
	for part := range slices.Chunk(d.Names, digestAtOnce) {
		parts = append(parts, Digest{Names: part})
	}
	for part := range slices.Chunk(d.Book, digestAtOnce) {
		parts = append(parts, Digest{Book: part})
	}
	for part := range slices.Chunk(d.Chats, digestAtOnce) {
		parts = append(parts, Digest{Chats: part})
	}
	return parts
}

func (b *batch) digest(who owner, d Digest) error {
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
	for _, n := range d.Book {
		c, err := b.contact(who, n.Person, "")
		if err != nil {
			return err
		}
		if err := b.callContact(c, n.Name); err != nil {
			return err
		}
	}
	for _, c := range d.Chats {
		if err := b.chatState(who, c); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) chatState(who owner, c ChatState) error {
	chat, err := b.chat(who, c.Chat)
	if err != nil {
		return err
	}
	if c.Set || chat.made {
		chat.Archived, chat.Pinned, chat.MutedTo = c.Archived, c.Pinned, 0
		if !c.MutedTo.IsZero() {
			chat.MutedTo = c.MutedTo.UnixMilli()
		}
	}
	if at := c.LastAt.UnixMilli(); !c.LastAt.IsZero() && at > chat.LastAt {
		chat.LastAt, chat.Unread = at, c.Unread
	}
	if at := c.TimerAt.UnixMilli(); !c.TimerAt.IsZero() && at > chat.TimerAt {
		chat.Timer, chat.TimerAt = c.Timer, at
	}
	b.chatChanged(chat)
	name := rules.Clip(c.Name, 256)
	switch {
	case name == "":
	case chat.ContactID == nil:
		if chat.Name == "" {
			chat.Name = name
		}
	default:
		person, err := b.contact(who, c.Chat.Person, "")
		if err != nil || person.FullName != "" {
			return err // the address book knows better
		}
		return b.callContact(person, name)
	}
	return nil
}
