package models

import (
	"context"
	"errors"

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
}

func (chatRow) TableName() string { return "chats" }

// chat finds the row of a chat, or makes it.
func (b *batch) chat(who owner, ref ChatRef, name string) (*chatRow, error) {
	if ref.JID != "" {
		return b.chatBy(who, ref.Kind, "jid", ref.JID)
	}
	c, err := b.contact(who, ref.Person, name)
	if err != nil {
		return nil, err
	}
	return b.chatBy(who, ref.Kind, "contact_id", c.ID)
}

func (b *batch) chatBy(who owner, kind, field, value string) (*chatRow, error) {
	key := lookup{who, value}
	if row, ok := b.chats[key]; ok {
		return row, nil
	}
	row := new(chatRow)
	err := b.tx.Where("device_id = ? AND account = ? AND "+field+" = ?", who.device, who.account, value).Take(row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		row = &chatRow{ID: b.s.ids.next(b.s.now()), DeviceID: who.device, Account: who.account, Kind: rules.Clip(kind, 20)}
		if field == "jid" {
			row.JID = &value
		} else {
			row.ContactID = &value
		}
		err = b.tx.Create(row).Error
	}
	if err != nil {
		return nil, err
	}
	if b.chats == nil {
		b.chats = make(map[lookup]*chatRow)
	}
	b.chats[key] = row
	return row, nil
}

// mergeChatsOf gives the older of two contacts that are one person the chat of the
// younger. Where both have one, the older chat survives and takes the younger's
// messages and events.
func (b *batch) mergeChatsOf(old, young *contactRow) error {
	var rows []chatRow
	err := b.tx.Where("contact_id IN ?", []string{old.ID, young.ID}).Order("id").Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return err
	}
	b.chats = nil
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
	for _, table := range []string{"messages", "event_log"} {
		if err := b.tx.Table(table).Where("chat_id = ?", gone.ID).Update("chat_id", keep.ID).Error; err != nil {
			return err
		}
	}
	newer := keep
	if gone.LastAt > keep.LastAt {
		newer = gone
	}
	err = b.tx.Model(&chatRow{}).Where("id = ?", keep.ID).Updates(map[string]any{
		"last_at": newer.LastAt, "last_id": newer.LastID, "unread": keep.Unread + gone.Unread,
		"timer": newer.Timer, "timer_at": newer.TimerAt,
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
		b := &batch{s: s, tx: tx, now: s.nowMilli()}
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
			keep, err := b.chat(owner{deviceID, account}, ref, "")
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
