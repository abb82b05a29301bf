package chat

import (
	"cmp"
	"slices"
	"sync"
)

// How much a phone keeps. What is older than that is gone, as with a phone that was
// reset: floods do not fill the memory.
const (
	keptPerChat = 1000
	keptInAll   = 20000
)

// Book is the chats of one phone. All methods are safe for concurrent use.
type Book struct {
	mu     sync.Mutex
	change int64
	chats  map[string]*history
	order  []place // by change; those of older changes of a message are void
	live   int     // messages in all chats
	watch  map[chan struct{}]struct{}
}

// place is where a message stands in the order of changes, as long as it has not changed
// again.
type place struct {
	change int64
	m      *Message
}

// history is one chat.
type history struct {
	chat     Chat
	messages []*Message
	byID     map[string]*Message // by sender and id
}

// NewBook makes an empty one.
func NewBook() *Book {
	return &Book{chats: make(map[string]*history), watch: make(map[chan struct{}]struct{})}
}

func key(sender, id string) string { return sender + " " + id }

// Watch returns a channel that holds a token whenever something in the book may have
// changed since the last token was taken. Stop must be called in the end.
func (b *Book) Watch() (changes <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watch[c] = struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watch, c)
	}
}

// told wakes the watchers. The caller holds mu.
func (b *Book) told() {
	for c := range b.watch {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// touch gives a message a new place in the order of changes. The caller holds mu.
func (b *Book) touch(m *Message) {
	b.change++
	m.Change = b.change
	b.order = append(b.order, place{b.change, m})
	b.tidy()
	b.told()
}

// tidy drops void places when they are as many as the others. The caller holds mu.
func (b *Book) tidy() {
	if len(b.order) >= 2*b.live+64 {
		b.order = slices.DeleteFunc(b.order, func(p place) bool { return !b.valid(p) })
	}
}

// valid says whether a place is the message's newest, and the message is still kept. The
// caller holds mu.
func (b *Book) valid(p place) bool {
	h := b.chats[p.m.Chat]
	return p.change == p.m.Change && h != nil && h.byID[key(p.m.Sender, p.m.ID)] == p.m
}

// open returns a chat, making it when it is new. The caller holds mu.
func (b *Book) open(id string) *history {
	h := b.chats[id]
	if h == nil {
		h = &history{chat: Chat{ID: id}, byID: make(map[string]*Message)}
		b.chats[id] = h
	}
	return h
}

// Describe says who a chat is with.
func (b *Book) Describe(id, number, name string, group bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.open(id)
	h.chat.Group = group
	if number != "" {
		h.chat.Number = number
	}
	if name != "" {
		h.chat.Name = name
	}
	b.told()
}

// Add puts a message behind the others of its chat. A message of the same sender with
// the same id is not added: it is returned as older, and its Repeats counted.
func (b *Book) Add(m Message) (older Message, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.open(m.Chat)
	if found := h.byID[key(m.Sender, m.ID)]; found != nil {
		if found.Kind != Waiting {
			found.Repeats++
			b.touch(found)
			return *found, true
		}
		// It was waited for: the message takes the placeholder's place.
		m.Reactions, m.Edited, m.Revoked = found.Reactions, found.Edited, found.Revoked
		*found = m
		b.touch(found)
		return Message{}, false
	}
	added := &m
	h.messages = append(h.messages, added)
	h.byID[key(m.Sender, m.ID)] = added
	b.live++
	if !m.FromMe && m.Kind != Notice {
		h.chat.Unread++
	}
	if len(h.messages) > keptPerChat {
		b.drop(h)
	}
	if b.live > keptInAll {
		b.dropOldest()
	}
	b.touch(added)
	return Message{}, false
}

// drop forgets the oldest message of a chat. The caller holds mu.
func (b *Book) drop(h *history) {
	gone := h.messages[0]
	h.messages = slices.Delete(h.messages, 0, 1)
	delete(h.byID, key(gone.Sender, gone.ID))
	b.live--
}

// dropOldest forgets the oldest message of the chat that nobody wrote in for longest.
// The caller holds mu.
func (b *Book) dropOldest() {
	var oldest *history
	for _, h := range b.chats {
		if len(h.messages) > 1 && (oldest == nil || h.messages[0].Change < oldest.messages[0].Change) {
			oldest = h
		}
	}
	if oldest != nil {
		b.drop(oldest)
	}
}

// Change changes a message, if there is one, and says so. An empty sender stands for any.
func (b *Book) Change(chat, sender, id string, change func(*Message)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(chat, sender, id)
	if m == nil {
		return false
	}
	change(m)
	b.touch(m)
	return true
}

// find returns a message. The caller holds mu.
func (b *Book) find(chat, sender, id string) *Message {
	h := b.chats[chat]
	if h == nil {
		return nil
	}
	if sender != "" {
		return h.byID[key(sender, id)]
	}
	for _, m := range slices.Backward(h.messages) {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// Find returns a message. An empty sender stands for any.
func (b *Book) Find(chat, sender, id string) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.find(chat, sender, id); m != nil {
		return *m, true
	}
	return Message{}, false
}

// Advance moves the status of an own message forward; backwards it does not go.
func (b *Book) Advance(chat, id string, to Status) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.chats[chat]
	if h == nil {
		return false
	}
	for _, m := range slices.Backward(h.messages) {
		if m.ID != id || !m.FromMe {
			continue
		}
		if ranks[to] > ranks[m.Status] {
			m.Status = to
			b.touch(m)
		}
		return true
	}
	return false
}

// MarkSeen notes that the person has read a chat up to now, and returns what was unread,
// newest last.
func (b *Book) MarkSeen(chat string) (unread []Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.chats[chat]
	if h == nil {
		return nil
	}
	h.chat.Unread = 0
	for _, m := range h.messages {
		if !m.FromMe && !m.Seen && m.Kind != Notice {
			m.Seen = true
			unread = append(unread, *m)
			b.touch(m)
		}
	}
	b.told()
	return unread
}

// SetTyping says who is typing in a chat; "" is nobody.
func (b *Book) SetTyping(chat, who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open(chat).chat.Typing = who
	b.told()
}

// SetOnline says whether a person is online.
func (b *Book) SetOnline(chat string, online bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if h := b.chats[chat]; h != nil {
		h.chat.Online = online
		b.told()
	}
}

// Chats lists the chats, the one with the newest message first; never nil.
func (b *Book) Chats() []Chat {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Chat, 0, len(b.chats))
	for _, h := range b.chats {
		one := h.chat
		if len(h.messages) > 0 {
			one.Last = *h.messages[len(h.messages)-1]
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(x, y Chat) int {
		if order := y.Last.Time.Compare(x.Last.Time); order != 0 {
			return order
		}
		return cmp.Compare(y.Last.Change, x.Last.Change)
	})
	return list
}

// Messages returns the newest messages of a chat, at most limit, oldest first.
func (b *Book) Messages(chat string, limit int) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.chats[chat]
	if h == nil {
		return []Message{}
	}
	newest := h.messages[max(0, len(h.messages)-limit):]
	list := make([]Message, 0, len(newest))
	for _, m := range newest {
		list = append(list, *m)
	}
	return list
}

// Since returns messages of all chats that have changed after a change, at most limit,
// in the order of their last change. Each message appears once.
func (b *Book) Since(change int64, limit int) []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	first, _ := slices.BinarySearchFunc(b.order, change+1, func(p place, want int64) int { return cmp.Compare(p.change, want) })
	list := []Message{}
	for _, p := range b.order[first:] {
		if len(list) == limit {
			break
		}
		if b.valid(p) {
			list = append(list, *p.m)
		}
	}
	return list
}
