package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Message is a row of the index of messages, with its body while that is kept.
type Message struct {
	ID       string // ours; sorts by the order of arrival
	DeviceID string
	Chat     Chat
	Sender   Contact // zero where FromMe
	FromMe   bool
	WAID     string // WhatsApp's; unique for a chat and sender
	Kind     string // see session/message
	At       time.Time
	Status   string // of messages of the account's own; otherwise ""
	StatusAt time.Time
	Error    string // why Status is "failed"
	Code     int    // WhatsApp's code for it; 0 for none
	Target   string // WhatsApp's ID of the message that this one is about
	// Lacking says why there is no content yet ("undecryptable", …); "" otherwise.
	Lacking string
	// Hidden messages have no place in a chat: something unreadable that was no message.
	Hidden    bool
	EditedAt  time.Time
	RevokedAt time.Time
	Source    string // of messages of the account's own: "phone", "api", "panel"
	Author    string // who wrote it here: a key's or user's ID
	Delivered int64  // of a group's members
	Seen      int64
	// Partial counts devices of the recipients that could not be given it.
	Partial int64
	// Body is the content as session/message stores it; nil when it is not kept any more.
	Body []byte
}

type messageRow struct {
	ID        string `gorm:"primaryKey"`
	DeviceID  string
	ChatID    string
	SenderID  string // "": the account itself
	WAID      string `gorm:"column:wa_id"`
	Kind      string
	At        int64
	StoredAt  int64
	Status    string
	StatusAt  int64
	Error     string
	Code      int
	Target    string
	Lacking   string
	Hidden    bool
	AnySender bool // of an edit or revocation: it may be about a message of somebody else's
	EditedAt  int64
	RevokedAt int64
	Source    string
	Author    string
	Delivered int64
	Seen      int64
	Partial   int64
	Body      []byte
}

func (messageRow) TableName() string { return "messages" }

// MessageFilter chooses messages of a device.
type MessageFilter struct {
	DeviceID string
	ChatID   string // empty: of every chat
	WAID     string // WhatsApp's ID; empty: any
	Target   string // those about this one; empty: any
	// FromMe chooses the account's own, or others'; nil for both.
	FromMe *bool
	After  string // only newer ones than this ID, oldest first
	Before string // only older ones than this ID, newest first
	Limit  int    // 1 to 500; otherwise 100
	// About includes what only says something about another message: reactions, edits, …
	About bool
}

// Messages returns messages that f chooses: newest first, or oldest first with After.
func (s *Store) Messages(ctx context.Context, f MessageFilter) ([]Message, error) {
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 100
	}
	q := f.choose(s.read(ctx))
	if f.After != "" {
		q = q.Order("id")
	} else {
		q = q.Order("id DESC")
	}
	var rows []messageRow
	if err := q.Limit(f.Limit).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list messages", err)
	}
	return s.fillMessages(ctx, rows)
}

// Message returns one message by our ID of it. ErrNotFound when there is none (any more).
func (s *Store) Message(ctx context.Context, id string) (Message, error) {
	var row messageRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Message{}, wrap(ctx, "read a message", err)
	}
	list, err := s.fillMessages(ctx, []messageRow{row})
	if err != nil {
		return Message{}, err
	}
	return list[0], nil
}

func (f MessageFilter) choose(q *gorm.DB) *gorm.DB {
	q = q.Where("device_id = ?", f.DeviceID)
	if f.ChatID != "" {
		q = q.Where("chat_id = ?", f.ChatID)
	}
	if f.WAID != "" {
		q = q.Where("wa_id = ?", f.WAID)
	}
	if f.Target != "" {
		q = q.Where("target = ?", f.Target)
	}
	if f.FromMe != nil {
		q = q.Where("(sender_id = '') = ?", *f.FromMe)
	}
	if f.After != "" {
		q = q.Where("id > ?", f.After)
	}
	if f.Before != "" {
		q = q.Where("id < ?", f.Before)
	}
	if !f.About {
		q = q.Where("target = '' AND NOT hidden")
	}
	return q
}

// fillMessages adds whom rows speak of, and opens their bodies.
func (s *Store) fillMessages(ctx context.Context, rows []messageRow) ([]Message, error) {
	var chatIDs, contactIDs []string
	for _, r := range rows {
		chatIDs = append(chatIDs, r.ChatID)
		contactIDs = append(contactIDs, r.SenderID)
	}
	who, err := s.look(ctx, chatIDs, contactIDs)
	if err != nil {
		return nil, err
	}
	list := make([]Message, 0, len(rows))
	for _, r := range rows {
		m := Message{
			ID: r.ID, DeviceID: r.DeviceID, Chat: who.chats[r.ChatID], Sender: who.contacts[r.SenderID], FromMe: r.SenderID == "",
			WAID: r.WAID, Kind: r.Kind, At: fromMilli(r.At), Status: r.Status, StatusAt: fromMilli(r.StatusAt), Error: r.Error, Code: r.Code,
			Target: r.Target, Lacking: r.Lacking, Hidden: r.Hidden, EditedAt: momentOf(r.EditedAt), RevokedAt: momentOf(r.RevokedAt),
			Source: r.Source, Author: r.Author, Delivered: r.Delivered, Seen: r.Seen, Partial: r.Partial,
		}
		if m.Body, err = s.vault.OpenData(r.DeviceID, r.ID, r.Body); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// momentOf is the zero time for 0.
func momentOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return fromMilli(ms)
}

// named are chats and contacts by their IDs.
type named struct {
	chats    map[string]Chat
	contacts map[string]Contact
}

// look reads the chats and contacts of a list, each once.
func (s *Store) look(ctx context.Context, chatIDs, contactIDs []string) (named, error) {
	n := named{chats: make(map[string]Chat), contacts: make(map[string]Contact)}
	var chats []chatRow
	if err := inParts(chatIDs, func(part []string) error {
		var rows []chatRow
		err := s.read(ctx).Where("id IN ?", part).Find(&rows).Error
		chats = append(chats, rows...)
		return err
	}); err != nil {
		return n, wrap(ctx, "read chats", err)
	}
	for _, c := range chats {
		contactIDs = append(contactIDs, text(c.ContactID))
	}
	if err := inParts(contactIDs, func(part []string) error {
		var rows []contactRow
		err := s.read(ctx).Where("id IN ?", part).Find(&rows).Error
		for _, r := range rows {
			n.contacts[r.ID] = r.contact()
		}
		return err
	}); err != nil {
		return n, wrap(ctx, "read contacts", err)
	}
	for _, c := range chats {
		n.chats[c.ID] = c.chat(n.contacts[text(c.ContactID)])
	}
	return n, nil
}

func (r chatRow) chat(with Contact) Chat {
	return Chat{
		ID: r.ID, DeviceID: r.DeviceID, Account: r.Account, Kind: r.Kind, Contact: with, JID: text(r.JID), Name: r.Name,
		LastAt: r.LastAt, Unread: r.Unread, Timer: r.Timer, Archived: r.Archived, Pinned: r.Pinned, MutedTo: momentOf(r.MutedTo),
	}
}

// ChatOf finds a chat of a device's present account by its person or address.
// ErrNotFound when there was none yet.
func (s *Store) ChatOf(ctx context.Context, deviceID, account string, ref ChatRef) (Chat, error) {
	q := s.read(ctx).Where("chats.device_id = ? AND chats.account = ?", deviceID, account)
	if ref.JID != "" {
		q = q.Where("chats.jid = ?", ref.JID)
	} else {
		q = q.Joins("JOIN contacts ON contacts.id = chats.contact_id").
			Where("(contacts.lid = ? OR contacts.pn = ?)", column(ref.Person.LID), column(ref.Person.PN))
	}
	var row chatRow
	if err := q.Take(&row).Error; err != nil {
		return Chat{}, wrap(ctx, "find chat", err)
	}
	who, err := s.look(ctx, []string{row.ID}, nil)
	return who.chats[row.ID], err
}

// existing loads the row that has the same key as a message that came again.
func (b *batch) existing(chatID, senderID, waID string) (messageRow, error) {
	var row messageRow
	err := b.tx.Where("chat_id = ? AND sender_id = ? AND wa_id = ?", chatID, senderID, waID).Take(&row).Error
	return row, err
}

// inParts calls do with parts of a list that fit into one query. Repetitions and empty
// strings are left out.
func inParts(list []string, do func(part []string) error) error {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
	for part := range slices.Chunk(list, inChunk) {
		if err := do(part); err != nil {
			return err
		}
	}
	return nil
}
