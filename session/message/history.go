package message

import (
	"time"

	"wadah/models"
)

// Digest is what is kept of a piece of the phone's history, or of the account's settings:
// who there is and how the chats stand. What was said before a device was linked is
// thrown away.
type Digest struct {
	Chats []ChatDigest
	Names []Named // what people call themselves
	Book  []Named // what the account's address book calls them; "" for not at all
	Pairs []Party
}

// ChatDigest is a chat as the phone knew it.
type ChatDigest struct {
	Chat     Chat
	Name     string // of a group, or from the phone's address book
	LastAt   time.Time
	Unread   int
	Timer    time.Duration // until messages of the chat disappear; 0: they stay
	TimerAt  time.Time     // when that was set
	Archived bool
	Pinned   bool
	MutedTo  time.Time // zero: not muted
	// Set says that the last three are settings of the account as they are now.
	Set bool
}

// Named is what somebody is called.
type Named struct {
	Person Party
	Name   string
}

// Stored is the digest as the store takes it.
func Stored(d Digest) models.Digest {
	var s models.Digest
	for _, p := range d.Pairs {
		s.Pairs = append(s.Pairs, personOf(p))
	}
	for _, n := range d.Names {
		s.Names = append(s.Names, models.PersonName{Person: personOf(n.Person), Name: n.Name})
	}
	for _, n := range d.Book {
		s.Book = append(s.Book, models.PersonName{Person: personOf(n.Person), Name: n.Name})
	}
	for _, c := range d.Chats {
		s.Chats = append(s.Chats, models.ChatState{
			Chat: *refOf(c.Chat), Name: c.Name, LastAt: c.LastAt, Unread: int64(c.Unread),
			Timer: int64(c.Timer.Seconds()), TimerAt: c.TimerAt, Archived: c.Archived, Pinned: c.Pinned, MutedTo: c.MutedTo, Set: c.Set,
		})
	}
	return s
}
