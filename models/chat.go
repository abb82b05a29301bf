package models

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// ChatRef names a chat: by its person, or by its address when it has none.
type ChatRef struct {
	Kind   string // "private", "group", "status", …; see session/message
	Person Person // of a private chat
	JID    string // of the others
}

// Chat is a person or group a device writes with.
type Chat struct {
	ID       string
	DeviceID string
	Account  string // number of the account whose chat it is
	Kind     string
	Contact  Contact // of a private chat
	JID      string  // of the others
	Name     string  // of a group
	LastAt   int64   // Unix milliseconds of the newest message
	Unread   int64
	Timer    int64 // seconds until messages disappear; 0 never
	Archived bool
	Pinned   bool
	MutedTo  time.Time // zero: not muted
}

type chatRow struct {
	ID        string `gorm:"primaryKey"`
	DeviceID  string
	Account   string
	Kind      string
	ContactID *string
	JID       *string `gorm:"column:jid"`
	Name      string
	LastAt    int64
	LastID    string
	Unread    int64
	Timer     int64
	TimerAt   int64
	Archived  bool
	Pinned    bool
	MutedTo   int64

	made bool // by the batch at work
}

func (chatRow) TableName() string { return "chats" }

// ChatSettings are what was set for a chat; nil keeps what is known.
type ChatSettings struct {
	Timer   *int64    // seconds until messages disappear; 0: they stay
	TimerAt time.Time // when that was set: an older setting does not replace a newer one
	Unread  *int64
}

// chat finds the row of a chat, or makes it.
func (b *batch) chat(who owner, ref ChatRef) (*chatRow, error) {
	if ref.JID != "" {
		return b.chatBy(who, ref, ref.JID, chatByJIDQuery)
	}
	c, err := b.contact(who, ref.Person, "")
	if err != nil {
		return nil, err
	}
	return b.chatBy(who, ref, c.ID, chatByContactQuery)
}

const (
	chatColumns    = `id, device_id, account, kind, contact_id, jid, name, last_at, last_id, unread, timer, timer_at, archived, pinned, muted_to`
	chatByJIDQuery = `SELECT ` + chatColumns + ` FROM chats WHERE device_id = ? AND account = ? AND jid = ?`

	chatByContactQuery = `SELECT ` + chatColumns + ` FROM chats WHERE device_id = ? AND account = ? AND contact_id = ?`

	writeChatQuery = `UPDATE chats SET name = ?, last_at = ?, last_id = ?, unread = ?, timer = ?, timer_at = ?,
		archived = ?, pinned = ?, muted_to = ? WHERE id = ?`
)

// chatBy finds a chat by what its query takes, or makes it. What one batch has looked up
// it remembers.
func (b *batch) chatBy(who owner, ref ChatRef, value, query string) (*chatRow, error) {
	key := lookup{who, value}
	if row, ok := b.chats[key]; ok {
		return row, nil
	}
	var row *chatRow
	err := b.each(query, func(rows *sql.Rows) error {
		row = new(chatRow)
		return rows.Scan(&row.ID, &row.DeviceID, &row.Account, &row.Kind, &row.ContactID, &row.JID, &row.Name, &row.LastAt,
			&row.LastID, &row.Unread, &row.Timer, &row.TimerAt, &row.Archived, &row.Pinned, &row.MutedTo)
	}, who.device, who.account, value)
	if err != nil {
		return nil, err
	}
	if row == nil {
		row = &chatRow{ID: b.s.ids.next(b.s.now()), DeviceID: who.device, Account: who.account, Kind: rules.Clip(ref.Kind, 20)}
		if ref.JID != "" {
			row.JID = &value
		} else {
			row.ContactID = &value
		}
		if err := b.tx.Create(row).Error; err != nil {
			return nil, err
		}
		row.made = true
	}
	if b.chats == nil {
		b.chats = make(map[lookup]*chatRow)
	}
	b.chats[key] = row
	return row, nil
}

// touchChat takes up what the arrival says of the chat itself.
func (b *batch) touchChat(chat *chatRow, a *Arrival) {
	was := *chat
	if name := rules.Clip(a.ChatName, 256); name != "" {
		chat.Name = name
	}
	if set := a.Settings; set != nil {
		if set.Unread != nil {
			chat.Unread = *set.Unread
		}
		if at := b.moment(set.TimerAt); set.Timer != nil && at >= chat.TimerAt {
			chat.Timer, chat.TimerAt = *set.Timer, at
		}
	}
	if *chat != was {
		b.chatChanged(chat)
	}
}

// chatChanged has a chat's row written with the batch.
func (b *batch) chatChanged(chat *chatRow) {
	if !slices.Contains(b.changed, chat) {
		b.changed = append(b.changed, chat)
	}
}

// writeChats writes the rows of chats that have changed.
func (b *batch) writeChats() error {
	for _, c := range b.changed {
		_, err := b.exec(writeChatQuery, c.Name, c.LastAt, c.LastID, c.Unread, c.Timer, c.TimerAt, c.Archived, c.Pinned, c.MutedTo, c.ID)
		if err != nil {
			return err
		}
	}
	b.changed = nil
	return nil
}

// forget drops what the batch has looked up, where rows become others.
func (b *batch) forget() error {
	err := b.writeChats()
	b.contacts, b.chats = nil, nil
	return err
}

// mergeChatsOf gives the older of two contacts that are one person the chat of the
// younger. Where both have one, the older chat survives and takes the younger's
// messages, events and deliveries.
func (b *batch) mergeChatsOf(old, young *contactRow) error {
	var rows []chatRow
	err := b.tx.Where("contact_id IN ?", []string{old.ID, young.ID}).Order("id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return err
	}
	keep := rows[0]
	if len(rows) == 2 {
		if err := b.mergeChats(keep, rows[1]); err != nil {
			return err
		}
	}
	return b.tx.Model(&chatRow{}).Where("id = ?", keep.ID).Update("contact_id", old.ID).Error
}

func (b *batch) mergeChats(keep, gone chatRow) error {
	// A message that is in both chats came twice, under two addresses of one person.
	err := b.dropTwins("chat_id", keep.ID, gone.ID, "o.wa_id = messages.wa_id AND (o.sender_id = '') = (messages.sender_id = '')")
	if err != nil {
		return err
	}
	for _, table := range []string{"messages", "event_log", "deliveries"} {
		if err := b.tx.Table(table).Where("chat_id = ?", gone.ID).Update("chat_id", keep.ID).Error; err != nil {
			return err
		}
	}
	for i := range b.events {
		if text(b.events[i].ChatID) == gone.ID {
			b.events[i].ChatID = &keep.ID
		}
	}
	newer := keep
	if gone.LastAt > keep.LastAt {
		newer = gone
	}
	timed := keep
	if gone.TimerAt > keep.TimerAt {
		timed = gone
	}
	err = b.tx.Model(&chatRow{}).Where("id = ?", keep.ID).Updates(map[string]any{
		"last_at": newer.LastAt, "last_id": newer.LastID, "unread": keep.Unread + gone.Unread, "timer": timed.Timer, "timer_at": timed.TimerAt,
		"archived": newer.Archived, "pinned": keep.Pinned || gone.Pinned, "muted_to": max(keep.MutedTo, gone.MutedTo),
	}).Error
	if err != nil {
		return err
	}
	return b.tx.Where("id = ?", gone.ID).Delete(&chatRow{}).Error
}

// dropTwins deletes one of two messages that are the same, where one has the value keep
// and the other gone in that column: the one without content if there is such a one,
// otherwise the one with gone. The condition compares messages with its twin o.
func (b *batch) dropTwins(column, keep, gone, same string) error {
	const twin = " = ? AND EXISTS (SELECT 1 FROM messages o WHERE o."
	empty := "DELETE FROM messages WHERE lacking <> '' AND " + column + twin + column + " = ? AND o.lacking = '' AND " + same + ")"
	if err := b.tx.Exec(empty, keep, gone).Error; err != nil {
		return err
	}
	return b.tx.Exec("DELETE FROM messages WHERE "+column+twin+column+" = ? AND "+same+")", gone, keep).Error
}

// AdoptChats gives the account that a device is now linked to what was written for it
// while it was linked to none.
func (s *Store) AdoptChats(ctx context.Context, deviceID, account string) error {
	const doing = "give an account its first messages"
	return s.tx(ctx, doing, func(tx *gorm.DB) error {
		b := s.batch(tx)
		var chats []chatRow
		if err := tx.Where("device_id = ? AND account = ''", deviceID).Order("id").Find(&chats).Error; err != nil {
			return err
		}
		for _, chat := range chats {
			ref := ChatRef{Kind: chat.Kind, JID: text(chat.JID)}
			if chat.ContactID != nil {
				var who contactRow
				if err := tx.Where("id = ?", *chat.ContactID).Take(&who).Error; err != nil {
					return err
				}
				ref.Person = who.contact().Person
			}
			keep, err := b.chat(owner{deviceID, account}, ref)
			if err != nil {
				return err
			}
			if err := b.mergeChats(*keep, chat); err != nil {
				return err
			}
		}
		if err := tx.Where("device_id = ? AND account = ''", deviceID).Delete(&contactRow{}).Error; err != nil {
			return err
		}
		return tx.Model(&sendRow{}).Where("device_id = ? AND account = ''", deviceID).Update("account", account).Error
	})
}
