package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Arrival is one thing that WhatsApp handed over, or that happened to a device, with
// the event it becomes. What is not set does not concern it.
type Arrival struct {
	DeviceID string
	Account  string // number of the account, without server: chats of another one stay apart
	At       time.Time
	Chat     *ChatRef // nil: about no chat
	ChatName string   // of a group; "" keeps what is known
	Sender   Person   // who did it; unknown where FromMe
	FromMe   bool
	PushName string // what the sender calls themselves

	Message *NewMessage
	Receipt *NewReceipt
	// Send is set with a message of the account's own that waits to be sent; Once with one
	// that a program may hand over again.
	Send *NewSend
	Once *Once
	// ReadUpTo says that the account has read the chat elsewhere: nothing is unread.
	ReadUpTo bool
	// Pairs are people whose two addresses became known.
	Pairs []Person
	// Timer is the new time after which messages of the chat disappear, in seconds; nil
	// changes nothing.
	Timer *int64
	// Expect is something that will come, to be looked for until it was done.
	Expect *Expected

	// Event goes into the log; nil for none. Of a message that was there before only what
	// is new becomes an event.
	Event *NewEvent
}

// NewMessage is a message that arrived.
type NewMessage struct {
	WAID    string
	Kind    string
	Status  string // of the account's own
	Source  string // of the account's own
	Author  string // who wrote it here: a key's or user's ID
	Target  string // WhatsApp's ID of the message that this one is about
	Lacking string // why there is no content
	Hidden  bool
	Body    []byte // plain; sealed here. Of an edit: what takes the place of its target's

	// AnySender lets an edit or revocation change messages of others, too (admins of groups).
	AnySender bool
}

// NewReceipt says what became of messages of the account.
type NewReceipt struct {
	WAIDs  []string
	Status string // one of the Status constants
	Error  string // why StatusFailed
	Code   int    // WhatsApp's code for it; 0 for none
	Unsent bool   // only for messages that were never handed over
	Group  bool   // one of a group's members has got or seen it: they are counted
}

// NewEvent is an entry of the event log before it has a number.
type NewEvent struct {
	Type string
	Body []byte // plain; sealed here
	// Filled is the type when content came for a message that lacked it.
	Filled string
}

// Outcome says what storing an arrival did.
type Outcome struct {
	Repeated  bool   // it was there before, and nothing changed
	MessageID string // ours, of the message
	Seq       int64  // of the newest event that it became
	// Answered is set when Arrival.Once was used before: nothing was stored.
	Answered *Answered
}

// Accept stores arrivals of any devices in one transaction, in this order, and makes
// them survive a power cut. When it returns nil all of them are kept; when it does not,
// none is. Repeats change nothing.
func (s *Store) Accept(ctx context.Context, arrivals []Arrival) ([]Outcome, error) {
	var outcomes []Outcome
	var heads map[string]int64
	err := s.tx(ctx, "store what arrived", func(tx *gorm.DB) error {
		b := &batch{s: s, tx: tx, now: s.nowMilli()}
		outcomes = make([]Outcome, len(arrivals))
		for i := range arrivals {
			b.current = i
			if err := b.accept(&arrivals[i], &outcomes[i]); err != nil {
				return err
			}
		}
		var err error
		heads, err = b.flush(outcomes)
		return err
	})
	if err := s.settle(ctx, "store what arrived", err); err != nil {
		return nil, err
	}
	s.announce(heads)
	return outcomes, nil
}

// batch is one transaction of the writer.
type batch struct {
	s   *Store
	tx  *gorm.DB
	now int64

	contacts map[lookup]*contactRow // what was looked up
	chats    map[lookup]*chatRow
	events   []eventRow
	places   []int // of events: which arrival each belongs to
	current  int   // the arrival at work
}

// owner is whose contacts and chats: a device, and the account it was linked to.
type owner struct{ device, account string }

type lookup struct {
	owner
	key string
}

func (b *batch) accept(a *Arrival, out *Outcome) error {
	who := owner{a.DeviceID, a.Account}
	for _, p := range a.Pairs {
		if _, err := b.contact(who, p, ""); err != nil {
			return err
		}
	}
	ev := eventRow{DeviceID: a.DeviceID, At: a.At.UnixMilli()}
	if !a.FromMe && a.Sender.Known() {
		c, err := b.contact(who, a.Sender, a.PushName)
		if err != nil {
			return err
		}
		ev.SenderID = c.ID
	}
	var chat *chatRow
	if a.Chat != nil {
		var err error
		if chat, err = b.chat(who, *a.Chat, ""); err != nil {
			return err
		}
		ev.ChatID = &chat.ID
		if err := b.touchChat(chat, a); err != nil {
			return err
		}
	}
	if a.Expect != nil {
		if err := b.expect(a.DeviceID, *a.Expect); err != nil {
			return err
		}
	}
	switch {
	case a.Message != nil:
		return b.message(a, chat, ev, out)
	case a.Receipt != nil:
		return b.receipt(a, ev)
	case a.Event != nil:
		return b.log(a.Event.Type, a.Event.Body, ev)
	}
	return nil
}

// touchChat writes what the arrival says of the chat itself.
func (b *batch) touchChat(chat *chatRow, a *Arrival) error {
	news := map[string]any{}
	if name := clip(a.ChatName, 256); name != "" && chat.Name != name {
		news["name"], chat.Name = name, name
	}
	if a.ReadUpTo && chat.Unread > 0 {
		news["unread"], chat.Unread = 0, 0
	}
	if at := a.At.UnixMilli(); a.Timer != nil && *a.Timer != chat.Timer && at >= chat.TimerAt {
		news["timer"], news["timer_at"] = *a.Timer, at
		chat.Timer, chat.TimerAt = *a.Timer, at
	}
	if len(news) == 0 {
		return nil
	}
	return b.tx.Model(&chatRow{}).Where("id = ?", chat.ID).Updates(news).Error
}

// message stores a message, or what a repeat of it brings.
func (b *batch) message(a *Arrival, chat *chatRow, ev eventRow, out *Outcome) error {
	m := a.Message
	row := messageRow{
		ID: b.s.ids.next(b.s.now()), DeviceID: a.DeviceID, ChatID: chat.ID, SenderID: ev.SenderID, WAID: clip(m.WAID, 120),
		Kind: m.Kind, At: a.At.UnixMilli(), StoredAt: b.now, Status: m.Status, Target: clip(m.Target, 120),
		Lacking: m.Lacking, Hidden: m.Hidden, Source: m.Source, Author: clip(m.Author, 100),
	}
	if m.Status != "" {
		row.StatusAt = b.now
	}
	var err error
	if a.Once != nil {
		if out.Answered, err = b.takeKey(a, row.ID); err != nil || out.Answered != nil {
			return err
		}
	}
	if row.Body, err = b.s.vault.sealData(a.DeviceID, row.ID, m.Body); err != nil {
		return err
	}
	res := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return res.Error
	}
	kind := eventType(a.Event)
	if res.RowsAffected == 0 {
		filled, err := b.repeated(m, &row)
		if err != nil || !filled {
			out.Repeated = !filled
			return err
		}
		if a.Event != nil {
			kind = a.Event.Filled
		}
	}
	if err := b.settleIn(a, chat, &row); err != nil {
		return err
	}
	out.MessageID = row.ID
	if a.Send != nil {
		if err := b.enqueue(a, row.ID); err != nil {
			return err
		}
	}
	ev.MessageID, ev.WAID = row.ID, row.WAID
	if a.Event == nil || m.Hidden {
		return nil
	}
	return b.log(kind, a.Event.Body, ev)
}

func eventType(e *NewEvent) string {
	if e == nil {
		return ""
	}
	return e.Type
}

// repeated looks at the row that a repeat met. It reports whether the repeat filled it,
// and leaves it in row.
func (b *batch) repeated(m *NewMessage, row *messageRow) (filled bool, err error) {
	old, err := b.existing(row.ChatID, row.SenderID, row.WAID)
	if err != nil {
		return false, err
	}
	if old.Lacking == "" || m.Lacking != "" {
		*row = old
		return false, nil
	}
	body, err := b.s.vault.sealData(old.DeviceID, old.ID, m.Body)
	if err != nil {
		return false, err
	}
	old.Kind, old.Target, old.Lacking, old.Hidden, old.Body = m.Kind, row.Target, "", m.Hidden, body
	*row = old
	return true, b.tx.Model(&messageRow{}).Where("id = ?", old.ID).Updates(map[string]any{
		"kind": old.Kind, "target": old.Target, "lacking": "", "hidden": old.Hidden, "body": body,
	}).Error
}

// settleIn gives a new message its place: the chat shows it, its target is changed, and
// a change that came before it is applied.
func (b *batch) settleIn(a *Arrival, chat *chatRow, row *messageRow) error {
	m := a.Message
	if m.Target != "" {
		if m.Kind != kindEdit && m.Kind != kindRevoke {
			return nil
		}
		return b.change(a, row)
	}
	if m.Hidden {
		return nil
	}
	news := map[string]any{}
	if row.At >= chat.LastAt {
		chat.LastAt, chat.LastID = row.At, row.ID
		news["last_at"], news["last_id"] = row.At, row.ID
	}
	if !a.FromMe {
		chat.Unread++
		news["unread"] = chat.Unread
	}
	if len(news) > 0 {
		if err := b.tx.Model(&chatRow{}).Where("id = ?", chat.ID).Updates(news).Error; err != nil {
			return err
		}
	}
	return b.changeLate(row)
}

// change applies an edit or revocation to its target, if that is here.
func (b *batch) change(a *Arrival, row *messageRow) error {
	q := b.tx.Where("chat_id = ? AND wa_id = ? AND target = ''", row.ChatID, row.Target)
	if !a.Message.AnySender {
		q = q.Where("sender_id = ?", row.SenderID)
	}
	var target messageRow
	if err := q.Take(&target).Error; err != nil {
		if isMissing(err) {
			return nil // it may come yet: see changeLate
		}
		return err
	}
	return b.rewrite(&target, row, a.Message.Body)
}

// rewrite gives a message the content of its newest edit, or none.
func (b *batch) rewrite(target, by *messageRow, body []byte) error {
	news := map[string]any{}
	switch {
	case by.Kind == kindRevoke:
		news["revoked_at"], news["body"] = by.At, nil
	case target.RevokedAt != 0 || by.At < target.EditedAt:
		return nil
	default:
		sealed, err := b.s.vault.sealData(target.DeviceID, target.ID, body)
		if err != nil {
			return err
		}
		news["edited_at"], news["body"] = by.At, sealed
		target.EditedAt = by.At
	}
	return b.tx.Model(&messageRow{}).Where("id = ?", target.ID).Updates(news).Error
}

// changeLate applies the edits and revocations that came before the message itself.
func (b *batch) changeLate(row *messageRow) error {
	var early []messageRow
	err := b.tx.Where("chat_id = ? AND target = ? AND sender_id = ? AND kind IN ?", row.ChatID, row.WAID, row.SenderID,
		[]string{kindEdit, kindRevoke}).Order("at, id").Find(&early).Error
	if err != nil {
		return err
	}
	for _, e := range early {
		body, err := b.s.vault.openData(e.DeviceID, e.ID, e.Body)
		if err != nil {
			return err
		}
		if err := b.rewrite(row, &e, body); err != nil {
			return err
		}
	}
	return nil
}

// The kinds of session/message that change another message.
const (
	kindEdit   = "edit"
	kindRevoke = "revoke"
)

// receipt moves messages of the account forward.
func (b *batch) receipt(a *Arrival, ev eventRow) error {
	r := a.Receipt
	var rows []messageRow
	if err := inParts(r.WAIDs, func(part []string) error {
		var some []messageRow
		err := b.tx.Select("id", "device_id", "chat_id", "wa_id", "status").
			Where("device_id = ? AND wa_id IN ? AND sender_id = ''", a.DeviceID, part).Order("id").Find(&some).Error
		rows = append(rows, some...)
		return err
	}); err != nil {
		return err
	}
	for _, row := range rows {
		if r.Unsent {
			taken, err := b.takeBack(row.ID)
			if err != nil {
				return err
			}
			if !taken {
				continue
			}
		}
		if r.Group {
			if err := b.count(row.ID, ev.SenderID, r.Status); err != nil {
				return err
			}
		}
		if !forward(row.Status, r.Status) {
			continue
		}
		err := b.tx.Model(&messageRow{}).Where("id = ?", row.ID).
			Updates(map[string]any{"status": r.Status, "status_at": a.At.UnixMilli(), "error": clip(r.Error, 60), "code": r.Code}).Error
		if err != nil {
			return err
		}
		if row.Status == StatusQueued {
			if err := b.done(row.ID); err != nil {
				return err
			}
		}
		if a.Event == nil {
			continue
		}
		ev := ev
		ev.MessageID, ev.WAID, ev.ChatID = row.ID, row.WAID, &row.ChatID
		if err := b.log(a.Event.Type, a.Event.Body, ev); err != nil {
			return err
		}
	}
	return nil
}

// log puts an event at the end of the batch.
func (b *batch) log(kind string, body []byte, ev eventRow) error {
	ev.ID, ev.Type = b.s.ids.next(b.s.now()), clip(kind, 40)
	var err error
	if ev.Body, err = b.s.vault.sealData(ev.DeviceID, ev.ID, body); err != nil {
		return err
	}
	b.events = append(b.events, ev)
	b.places = append(b.places, b.current)
	return nil
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
