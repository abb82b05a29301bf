package router

import "hash/maphash"

// ledger remembers the newest messages: who wrote what to whom, under which id. It is
// how a receipt for nothing, or an id used twice, is noticed.
type ledger struct {
	seed   maphash.Seed
	set    map[uint64]entry
	ring   []uint64
	at     int
	forgot bool // some messages are not remembered any more, or were before this router
}

// entry is one message.
type entry struct {
	chat   uint64 // hash of the recipient's LID, or of the group
	device uint16 // that sent it
}

// keptMessages is how many messages are remembered, at some 50 bytes each.
const keptMessages = 1 << 18

func newLedger() ledger {
	return ledger{seed: maphash.MakeSeed(), set: make(map[uint64]entry)}
}

// message names a message by its sender's LID and its id.
func (l *ledger) message(sender, id string) uint64 {
	return maphash.Comparable(l.seed, [2]string{sender, id})
}

// chat names a chat by the user part of the recipient's LID or of the group's address.
func (l *ledger) chat(user string) uint64 { return maphash.String(l.seed, user) }

// add remembers a message. An older one with the same sender and id is returned.
func (l *ledger) add(sender, id, chat string, device uint16) (older entry, known bool) {
	key := l.message(sender, id)
	if older, known = l.set[key]; known {
		return older, true
	}
	l.set[key] = entry{chat: l.chat(chat), device: device}
	if len(l.ring) < keptMessages {
		l.ring = append(l.ring, key)
		return entry{}, false
	}
	delete(l.set, l.ring[l.at])
	l.ring[l.at] = key
	l.at = (l.at + 1) % keptMessages
	l.forgot = true
	return entry{}, false
}

func (l *ledger) find(sender, id string) (entry, bool) {
	found, known := l.set[l.message(sender, id)]
	return found, known
}
