package session

import "sync"

// Hub hands every new Snapshot to everybody who watches.
type Hub struct {
	first func(Snapshot) // told before everybody who has subscribed; it never blocks

	mu     sync.Mutex
	subs   map[chan Snapshot]struct{}
	closed bool
}

func newHub(first func(Snapshot)) *Hub {
	return &Hub{first: first, subs: make(map[chan Snapshot]struct{})}
}

// Subscribe returns a channel of snapshots and a function that ends the
// subscription, which may be called more than once. The channel is closed when
// the hub is closed or when the subscriber falls more than buffer snapshots
// behind: it must then subscribe anew and read the current state, so that no
// change is ever missed silently.
//
// Subscribe first and read the current snapshots after, never the other way round.
func (h *Hub) Subscribe(buffer int) (snapshots <-chan Snapshot, cancel func()) {
	c := make(chan Snapshot, max(buffer, 1))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(c)
		return c, func() {}
	}
	h.subs[c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(c)
	}
}

// Watchers is the number of current subscriptions.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

// Close ends all subscriptions; later ones are born closed. Idempotent.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for c := range h.subs {
		h.drop(c)
	}
}

// publish never blocks: who is too slow is cut off and resynchronises.
func (h *Hub) publish(s Snapshot) {
	h.first(s)
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.subs {
		select {
		case c <- s:
		default:
			h.drop(c)
		}
	}
}

// drop is the only place that closes a channel. The caller holds mu.
func (h *Hub) drop(c chan Snapshot) {
	if _, ok := h.subs[c]; ok {
		delete(h.subs, c)
		close(c)
	}
}
