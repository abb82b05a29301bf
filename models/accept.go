package models

import (
	"context"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Arrival is one thing that WhatsApp handed over, or that happened to a device, with
// the event it becomes. What is not set does not concern it.
type Arrival struct {
	DeviceID string
	Account  string    // number of the account, without server: chats of another one stay apart
	At       time.Time // zero: now
	Chat     *ChatRef  // nil: about no chat
	ChatName string    // of a group; "" keeps what is known
	Sender   Person    // who did it; unknown where FromMe
	FromMe   bool
	PushName string // what the sender calls themselves

	Message *NewMessage
	Receipt *NewReceipt
	// Send is set with a message of the account's own that waits to be sent; Once with one
	// that a program may hand over again.
	Send *NewSend
	Once *Once
	// Group is what changes of the group that Chat is.
	Group *GroupUpdate
	// Lock is what WhatsApp allows the account.
	Lock *AccountLock
	// Settings are what the account has set for the chat; nil changes nothing.
	Settings *ChatSettings
	// Pairs are people whose two addresses became known.
	Pairs []Person
	// Expect is something that will come, to be looked for until it was done.
	Expect *Expected

	// Event goes into the log; nil for none. Of a message that was there before only what
	// is new becomes an event.
	Event *NewEvent
}

// NewMessage is a message that arrived.
type NewMessage struct {
	WAID   string
	Kind   string
	Status string // of the account's own
	Source string // of the account's own
	Author string // who wrote it here: a key's or user's ID
	Target string // WhatsApp's ID of the message that this one is about
	// Lacking says why there is no content: LackingSecret, or a word of session/message for
	// a message of which only the outside is known.
	Lacking string
	Hidden  bool
	Body    []byte // plain; sealed here. Of an edit: what takes the place of its target's

	// AnySender lets an edit or revocation change messages of others, too (admins of groups).
	AnySender bool
}

// LackingSecret is why a message lacks what it says about another one, its target: it can
// be read only with a secret that is in that message, which has not come (yet).
const LackingSecret = "sealed"

// NewReceipt says what became of messages of the account.
type NewReceipt struct {
	WAIDs  []string
	Status string // one of the Status constants
	Error  string // why StatusFailed
	Code   int    // WhatsApp's code for it; 0 for none
	Unsent bool   // only for messages that were never handed over
	// Partial counts devices of the recipients that could not be given what was sent.
	Partial int64
	Group   bool // one of a group's members has got or seen it: they are counted
}

// NewEvent is an entry of the event log before it has a number.
type NewEvent struct {
	Type string
	Body []byte // plain; sealed here
	// Filled is the type when content came for a message that lacked it.
	Filled string
	// Gone is the body, in place of Body, of a message that was taken back before it came.
	Gone []byte
}

// Outcome says what storing an arrival did.
type Outcome struct {
	Repeated  bool   // it was there before, and nothing changed
	MessageID string // ours, of the message
	Seq       int64  // of the newest event that it became
	Expects   bool   // something is expected now, see Expected
	// Answered is set when Arrival.Once was used before: nothing was stored.
	Answered *Answered
}

// Accept stores arrivals of any devices in one transaction, in this order. They survive a
// power cut before any reader sees them. When it returns nil all of them are kept; when it
// does not, none is. Repeats change nothing.
func (s *Store) Accept(ctx context.Context, arrivals []Arrival) ([]Outcome, error) {
	outcomes := make([]Outcome, len(arrivals))
	begun := time.Now()
	err := s.logged(ctx, "store what arrived", outcomes, func(b *batch) error {
		for i := range arrivals {
			b.current = i
			if err := b.accept(&arrivals[i], &outcomes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if s.onAccept != nil {
		s.onAccept(time.Since(begun), arrivals, outcomes, err)
	}
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// OnAccept has f called after each call of Accept, with how long it took; f must not block,
// nor keep what it is given. It is set before anything is stored.
func (s *Store) OnAccept(f func(took time.Duration, arrivals []Arrival, outcomes []Outcome, err error)) {
	s.onAccept = f
}

// OldestSend is when the message was handed over that waits longest to be sent; zero when
// none waits.
func (s *Store) OldestSend(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.read(ctx).Raw(`SELECT COALESCE(MIN(m.stored_at), 0) FROM sends AS s JOIN messages AS m ON m.id = s.message_id`).Scan(&at).Error
	return momentOf(at), wrap(ctx, "find the oldest message that waits", err)
}

// batch is one transaction of the writer.
type batch struct {
	s   *Store
	tx  *gorm.DB
	now int64

	contacts map[lookup]*contactRow // what was looked up
	chats    map[lookup]*chatRow
	changed  []*chatRow // of chats: those whose rows are to be written
	merges   int        // how often two rows became one
	events   []eventRow
	places   []int // of events: which arrival each belongs to
	// endpoints are those that get some of these events.
	endpoints map[string]bool
	current   int // the arrival at work
}

func (s *Store) batch(tx *gorm.DB) *batch { return &batch{s: s, tx: tx, now: s.nowMilli()} }

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
	if a.Group != nil { // before the chat: people who become one would have it looked up again
		for _, p := range a.Group.people() {
			if _, err := b.contact(who, p, ""); err != nil {
				return err
			}
		}
	}
	ev := eventRow{DeviceID: a.DeviceID, At: b.moment(a.At)}
	chat, sender, err := b.place(who, a)
	if err != nil {
		return err
	}
	if sender != nil {
		ev.SenderID = sender.ID
	}
	if chat != nil {
		ev.ChatID = &chat.ID
		b.touchChat(chat, a)
	}
	if a.Group != nil && chat != nil {
		if out.Expects, err = b.changeGroup(who, chat, a.Group); err != nil {
			return err
		}
	}
	if a.Lock != nil {
		if err := b.lock(who, *a.Lock); err != nil {
			return err
		}
	}
	if a.Expect != nil {
		out.Expects = true
		if err := b.expect(a.DeviceID, *a.Expect); err != nil {
			return err
		}
	}
	switch {
	case a.Message != nil && chat == nil:
		return rules.Refuse("chat", "chat_required", "A message needs a chat.")
	case a.Message != nil:
		return b.message(a, chat, ev, out)
	case a.Receipt != nil:
		return b.receipt(a, ev)
	case a.Event != nil:
		return b.log(a.Event.Type, a.Event.Body, ev)
	}
	return nil
}

// place finds the chat of an arrival and who did it; nil where there is none. Nobody has
// done what the account itself did.
func (b *batch) place(who owner, a *Arrival) (chat *chatRow, sender *contactRow, err error) {
	person := a.Sender
	if a.Message != nil && !person.Known() {
		person = nobody // no message of somebody unknown is the account's own
	}
	theirs := !a.FromMe && person.Known()
	if theirs {
		if sender, err = b.contact(who, person, a.PushName); err != nil {
			return nil, nil, err
		}
	}
	if a.Chat == nil {
		return nil, sender, nil
	}
	merges := b.merges
	if chat, err = b.chat(who, *a.Chat); err != nil {
		return nil, nil, err
	}
	if theirs && b.merges != merges { // the chat's person was known by two rows until now
		sender, err = b.contact(who, person, a.PushName)
	}
	return chat, sender, err
}

// nobody is who has sent what WhatsApp names no sender of.
var nobody = Person{LID: "unknown"}

// moment is a time as it is stored; now when there is none.
func (b *batch) moment(t time.Time) int64 {
	if t.IsZero() {
		return b.now
	}
	return t.UnixMilli()
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
