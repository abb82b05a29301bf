package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
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
	if name := rules.Clip(a.ChatName, 256); name != "" && chat.Name != name {
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

// log puts an event at the end of the batch.
func (b *batch) log(kind string, body []byte, ev eventRow) error {
	ev.ID, ev.Type = b.s.ids.next(b.s.now()), rules.Clip(kind, 40)
	var err error
	if ev.Body, err = b.s.vault.SealData(ev.DeviceID, ev.ID, body); err != nil {
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
