package models

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Event is one entry of the event log: what a program may want to know about a device.
type Event struct {
	DeviceID string
	Seq      int64  // grows by one with each event of the device, in the order of commits
	ID       string // unique, the same for ever
	Type     string // see session/eventlog
	At       time.Time
	Chat     *Chat   // nil: about no chat
	Sender   Contact // who did it; zero for the account itself
	WAID     string  // WhatsApp's ID of the message it is about
	// MessageID is ours of that message, as long as that is kept.
	MessageID string
	Body      []byte // as session/message wrote it
}

type eventRow struct {
	DeviceID  string `gorm:"primaryKey"`
	Seq       int64  `gorm:"primaryKey;autoIncrement:false"`
	ID        string
	Type      string
	At        int64
	ChatID    *string
	SenderID  string
	MessageID string
	WAID      string `gorm:"column:wa_id"`
	Body      []byte
}

func (eventRow) TableName() string { return "event_log" }

// eventHead is the number of the newest event of a device, and of the oldest that is kept.
type eventHead struct {
	DeviceID string `gorm:"primaryKey"`
	Last     int64
	First    int64
}

func (eventHead) TableName() string { return "event_heads" }

const (
	// The row stays locked until the commit: numbers are in the order of commits.
	takeNumbersQuery = `INSERT INTO event_heads (device_id, last, first) VALUES (?, ?, 1)
		ON CONFLICT (device_id) DO UPDATE SET last = event_heads.last + ? RETURNING last`

	newEventsQuery = `INSERT INTO event_log (device_id, seq, id, type, at, chat_id, sender_id, message_id, wa_id, body) VALUES `
	newEventValues = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	// eventsAtOnce is how many events one statement writes. SQLite's driver looks through
	// all arguments for each parameter.
	eventsAtOnce = 10
)

// logged runs fn in a transaction, writes the changes of chats and the events that its
// batch has gathered then, puts these on their way to endpoints, and tells of them. They
// survive a power cut before any reader sees them: a number that was given once more would
// hide its event from whoever has read the one that was lost.
func (s *Store) logged(ctx context.Context, doing string, outcomes []Outcome, fn func(b *batch) error) error {
	var heads map[string]int64
	var endpoints map[string]bool
	err := s.durably(ctx, doing, func(tx *gorm.DB) (err error) {
		b := s.batch(tx)
		if err := fn(b); err != nil {
			return err
		}
		if err := b.writeChats(); err != nil {
			return err
		}
		if heads, err = b.writeEvents(outcomes); err != nil {
			return err
		}
		err, endpoints = b.deliver(), b.endpoints
		return err
	})
	if err != nil {
		return err
	}
	if s.onDeliveries != nil && len(endpoints) > 0 {
		s.onDeliveries(endpoints)
	}
	if s.onEvents != nil && len(heads) > 0 {
		s.onEvents(heads)
	}
	return nil
}

// writeEvents numbers the events of the batch and writes them. It returns the newest
// number of each device that has new ones.
func (b *batch) writeEvents(outcomes []Outcome) (map[string]int64, error) {
	if len(b.events) == 0 {
		return nil, nil //nolint:nilnil // nothing new
	}
	count := make(map[string]int64)
	for _, e := range b.events {
		count[e.DeviceID]++
	}
	next := make(map[string]int64, len(count))
	heads := make(map[string]int64, len(count))
	for device, n := range count {
		var last int64
		if err := b.each(takeNumbersQuery, func(rows *sql.Rows) error { return rows.Scan(&last) }, device, n, n); err != nil {
			return nil, err
		}
		heads[device], next[device] = last, last-n+1
	}
	for i := range b.events {
		e := &b.events[i]
		e.Seq = next[e.DeviceID]
		next[e.DeviceID]++
		outcomes[b.places[i]].Seq = e.Seq
	}
	for part := range slices.Chunk(b.events, eventsAtOnce) {
		if err := b.insertEvents(part); err != nil {
			return nil, err
		}
	}
	return heads, nil
}

// insertEvents writes up to eventsAtOnce events: all with one statement, or each with one,
// so that there are two statements to prepare and not ten.
func (b *batch) insertEvents(events []eventRow) error {
	if len(events) < eventsAtOnce && len(events) > 1 {
		for i := range events {
			if err := b.insertEvents(events[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	args := make([]any, 0, 10*len(events))
	for _, e := range events {
		args = append(args, e.DeviceID, e.Seq, e.ID, e.Type, e.At, e.ChatID, e.SenderID, e.MessageID, e.WAID, e.Body)
	}
	_, err := b.exec(newEventsQuery+strings.Repeat(newEventValues+", ", len(events)-1)+newEventValues, args...)
	return err
}

// OnEvents has f called after each commit that made events, with the newest number of
// each device concerned. f must not block. It is set before anything is stored.
func (s *Store) OnEvents(f func(heads map[string]int64)) { s.onEvents = f }

// EventRange is which numbers of a device's log there are: first is the oldest that is
// kept, last the newest. Before the first event last is 0 and first 1.
func (s *Store) EventRange(ctx context.Context, deviceID string) (firstSeq, lastSeq int64, err error) {
	var heads []eventHead
	if err := s.read(ctx).Where("device_id = ?", deviceID).Find(&heads).Error; err != nil {
		return 0, 0, wrap(ctx, "read the event log's range", err)
	}
	if len(heads) == 0 {
		return 1, 0, nil
	}
	return heads[0].First, heads[0].Last, nil
}

// EventsAfter returns at most limit events of a device with numbers above after, in order.
func (s *Store) EventsAfter(ctx context.Context, deviceID string, after int64, limit int) ([]Event, error) {
	return s.eventsOf(ctx, s.read(ctx).Where("device_id = ? AND seq > ?", deviceID, after).Limit(limit))
}

// EventsAt are those of a device with these numbers that are still kept, in order.
func (s *Store) EventsAt(ctx context.Context, deviceID string, seqs []int64) ([]Event, error) {
	return s.eventsOf(ctx, s.read(ctx).Where("device_id = ? AND seq IN ?", deviceID, seqs))
}

func (s *Store) eventsOf(ctx context.Context, q *gorm.DB) ([]Event, error) {
	var rows []eventRow
	if err := q.Order("seq").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "read the event log", err)
	}
	var chatIDs, contactIDs []string
	for _, r := range rows {
		chatIDs, contactIDs = append(chatIDs, text(r.ChatID)), append(contactIDs, r.SenderID)
	}
	who, err := s.look(ctx, chatIDs, contactIDs)
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(rows))
	for _, r := range rows {
		e := Event{
			DeviceID: r.DeviceID, Seq: r.Seq, ID: r.ID, Type: r.Type, At: fromMilli(r.At),
			Sender: who.contacts[r.SenderID], WAID: r.WAID, MessageID: r.MessageID,
		}
		if chat, ok := who.chats[text(r.ChatID)]; ok {
			e.Chat = &chat
		}
		if e.Body, err = s.vault.OpenData(r.DeviceID, r.ID, r.Body); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}
