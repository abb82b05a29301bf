package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

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
		chat.Name = name
	default:
		person, err := b.contact(who, c.Chat.Person, "")
		if err != nil || person.FullName != "" {
			return err // the address book knows better
		}
		return b.callContact(person, name)
	}
	return nil
}
