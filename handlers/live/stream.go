package live

import (
	"sync"

	"wadah/session"
)

// Update is one change of one device on its way to the streams.
type Update struct {
	Snap   session.Snapshot
	Ranked bool // new, gone, or under another name or number: lists may have another order
	Moved  bool // state or reason changed, so the timeline did

	mu     sync.Mutex
	shared map[any]any // by variant
}

// Frame is the bytes of this update for one variant, a comparable value. It is
// rendered by whoever asks first, the others wait and share it.
func (u *Update) Frame(variant any, render func() ([]byte, error)) ([]byte, error) {
	return Share(u, variant, render)
}

// Share makes something that belongs to an update once for everybody who asks with the
// same variant. Variants are of a type of their own for each type of thing.
func Share[T any](u *Update, variant any, produce func() (T, error)) (T, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if made, ok := u.shared[variant].(T); ok {
		return made, nil
	}
	made, err := produce()
	if err != nil {
		return made, err
	}
	if u.shared == nil {
		u.shared = make(map[any]any, 2)
	}
	u.shared[variant] = made
	return made, nil
}

// ending says why a stream is over.
type ending int

const (
	notEnded     ending = iota
	endedClosing        // the server stops
	endedOwner          // its owner may not watch any more
)

// Watch says what a stream shows, and to whom.
type Watch struct {
	Device string                     // the only device shown; "" for those that Shows chooses
	Shows  func(deviceID string) bool // with Device "": whether a device is shown
	Owner  Owner
	Most   int // how many streams the owner may have open; 0 for any number

	// Browser is the one whose windows share few connections (HTTP/1.1); "" where each may
	// have a stream of its own.
	Browser string
}

// stream is the mailbox of one open event stream. It holds at most one update per
// device: a client that is slow for a moment gets the newest state of each device
// and never a gap, and the memory it can hold is bounded by the number of devices.
// A client that stays stuck is dropped by the write deadline (Serve).
type stream struct {
	Watch

	wake   chan struct{} // holds a token when there is something to take
	glance bool          // its browser can spare no connection: the state as it is now is all it gets

	mu      sync.Mutex
	order   []string // devices with a pending update, in order of arrival
	pending map[string]*Update
	ranked  bool // one of the pending updates, or one they replaced, is; moved likewise
	moved   bool
	ended   ending
	taken   []*Update // what take returned last
}

func newStream(w Watch) *stream {
	return &stream{Watch: w, wake: make(chan struct{}, 1), pending: make(map[string]*Update)}
}

// push stores u for the stream's goroutine. It never blocks.
func (s *stream) push(u *Update) {
	s.mu.Lock()
	if s.pending[u.Snap.ID] == nil {
		s.order = append(s.order, u.Snap.ID)
	}
	s.pending[u.Snap.ID] = u
	s.ranked = s.ranked || u.Ranked
	s.moved = s.moved || u.Moved
	s.mu.Unlock()
	s.signal()
}

// end tells the stream's goroutine to finish.
func (s *stream) end(why ending) {
	s.mu.Lock()
	if s.ended == notEnded {
		s.ended = why
	}
	s.mu.Unlock()
	s.signal()
}

func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Batch is what a stream has to tell its client.
type Batch struct {
	Updates       []*Update // at most one of each device
	Ranked, Moved bool      // one of the updates, or one they replaced, is
	ended         ending
}

// Newest is the last update of the batch.
func (b Batch) Newest() *Update { return b.Updates[len(b.Updates)-1] }

// take empties the mailbox. The batch is valid until the next take: with a thousand
// streams, new memory for each batch would be most of the cost of an event.
func (s *stream) take() Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := Batch{Ranked: s.ranked, Moved: s.moved, ended: s.ended}
	clear(s.taken)
	s.taken = s.taken[:0]
	for _, id := range s.order {
		s.taken = append(s.taken, s.pending[id])
	}
	b.Updates = s.taken
	s.order = s.order[:0]
	clear(s.pending)
	s.ranked, s.moved = false, false
	return b
}
