package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

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
	if name := clip(c.Name, 256); name != "" {
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
