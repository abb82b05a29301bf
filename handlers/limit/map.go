package limit

import (
	"container/list"
	"sync"
	"time"
)

// Map is a map that neither time nor strangers can make grow for ever: an entry lasts for a
// while after it was written, and when there are too many, one makes room for the next. It
// is safe for concurrent use. Make it with NewMap or NewWorthMap.
type Map[K comparable, V any] struct {
	most  int
	lasts time.Duration
	worth func(V) int // nil: all are worth the same

	mu      sync.Mutex
	entries map[K]*list.Element // of *entry[K, V]
	written *list.List          // the same, the one that was written longest ago first
}

type entry[K comparable, V any] struct {
	key   K
	value V
	at    time.Time
}

// NewMap makes a map of at most so many entries, each of which lasts so long; 0 is for ever.
// What was written longest ago makes room.
func NewMap[K comparable, V any](most int, lasts time.Duration) *Map[K, V] {
	return NewWorthMap[K, V](most, lasts, nil)
}

// NewWorthMap is NewMap where what is worth least makes room, and of several the one that
// was written longest ago. That takes a look at all entries.
func NewWorthMap[K comparable, V any](most int, lasts time.Duration, worth func(V) int) *Map[K, V] {
	return &Map[K, V]{most: most, lasts: lasts, worth: worth, entries: make(map[K]*list.Element), written: list.New()}
}

// Get is the value under key, unless there is none or it was written too long before now.
func (m *Map[K, V]) Get(key K, now time.Time) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key, now)
	if e == nil {
		return value, false
	}
	return e.value, true
}

// Put writes a value, in place of what was there.
func (m *Map[K, V]) Put(key K, now time.Time, value V) {
	m.Update(key, now, func(V, bool) V { return value })
}

// Add is Put where there is nothing yet, and reports whether there was not.
func (m *Map[K, V]) Add(key K, now time.Time, value V) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(key, now) != nil {
		return false
	}
	m.add(key, now, value)
	return true
}

// Update writes what change makes of the value under key, and returns it; found is false
// when there is none. Nobody else reads or writes meanwhile.
func (m *Map[K, V]) Update(key K, now time.Time, change func(value V, found bool) V) V {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.find(key, now); e != nil {
		e.value, e.at = change(e.value, true), now
		m.written.MoveToBack(m.entries[key])
		return e.value
	}
	var none V
	return m.add(key, now, change(none, false))
}

// Take is Get for what may be used once.
func (m *Map[K, V]) Take(key K, now time.Time) (value V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.find(key, now)
	m.drop(key)
	if e == nil {
		return value, false
	}
	return e.value, true
}

// Drop forgets what is under key.
func (m *Map[K, V]) Drop(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(key)
}

// Len is the number of entries, those included that nobody would get any more.
func (m *Map[K, V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}

// add writes a value where none is good. The caller holds mu, as in what follows.
func (m *Map[K, V]) add(key K, now time.Time, value V) V {
	m.drop(key)
	m.makeRoom(now)
	m.entries[key] = m.written.PushBack(&entry[K, V]{key, value, now})
	return value
}

// find is the entry under key that is still good.
func (m *Map[K, V]) find(key K, now time.Time) *entry[K, V] {
	at := m.entries[key]
	if at == nil {
		return nil
	}
	if e := at.Value.(*entry[K, V]); !m.isOver(e, now) {
		return e
	}
	return nil
}

func (m *Map[K, V]) isOver(e *entry[K, V], now time.Time) bool {
	return m.lasts > 0 && now.Sub(e.at) >= m.lasts
}

func (m *Map[K, V]) drop(key K) {
	if at := m.entries[key]; at != nil {
		m.written.Remove(at)
		delete(m.entries, key)
	}
}

// makeRoom lets go what is over and, when that is not enough, what is worth least.
func (m *Map[K, V]) makeRoom(now time.Time) {
	for at := m.written.Front(); at != nil && m.isOver(at.Value.(*entry[K, V]), now); at = m.written.Front() {
		m.drop(at.Value.(*entry[K, V]).key)
	}
	for len(m.entries) >= m.most {
		m.drop(m.least().key)
	}
}

func (m *Map[K, V]) least() *entry[K, V] {
	found := m.written.Front().Value.(*entry[K, V])
	if m.worth == nil {
		return found
	}
	least := m.worth(found.value)
	for at := m.written.Front(); at != nil; at = at.Next() {
		e := at.Value.(*entry[K, V])
		if worth := m.worth(e.value); worth < least {
			found, least = e, worth
		}
	}
	return found
}
