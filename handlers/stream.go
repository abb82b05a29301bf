package handlers

import (
	"sync"

	"wadah/session"
)

// update is one change of one device on its way to the streams.
type update struct {
	snap   session.Snapshot
	ranked bool // new, gone, or under another name or number: lists may have another order
	moved  bool // state or reason changed, so the timeline did

	mu     sync.Mutex
	shared map[any]any // by variant
}

// frame is the bytes of this update for one variant, a comparable value. It is
// rendered by whoever asks first, the others wait and share it.
func (u *update) frame(variant any, render func() ([]byte, error)) ([]byte, error) {
	return share(u, variant, render)
}

// share makes something that belongs to an update once for everybody who asks with the
// same variant. Variants are of a type of their own for each type of thing.
func share[T any](u *update, variant any, produce func() (T, error)) (T, error) {
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
	endedLogin          // the login or key behind it is no longer valid
)

// stream is the mailbox of one open event stream. It holds at most one update per
// device: a client that is slow for a moment gets the newest state of each device
// and never a gap, and the memory it can hold is bounded by the number of devices.
// A client that stays stuck is dropped by the write deadline (serveStream).
type stream struct {
	device string // the only device shown; "" for those of scope
	scope  *scope // with device "": which devices are shown
	login  string // token of the login it was opened with; "" for API streams
	user   string // ID of the user behind it; "" for API streams
	owner  owner  // who opened it
	most   int    // how many streams the owner may have open; 0 for any number

	wake chan struct{} // holds a token when there is something to take

	mu      sync.Mutex
	order   []string // devices with a pending update, in order of arrival
	pending map[string]*update
	ranked  bool // one of the pending updates, or one they replaced, is; moved likewise
	moved   bool
	ended   ending
	taken   []*update // what take returned last
}

func newStream(device string) *stream {
	return &stream{device: device, wake: make(chan struct{}, 1), pending: make(map[string]*update)}
}

// push stores u for the stream's goroutine. It never blocks.
func (s *stream) push(u *update) {
	s.mu.Lock()
	if s.pending[u.snap.ID] == nil {
		s.order = append(s.order, u.snap.ID)
	}
	s.pending[u.snap.ID] = u
	s.ranked = s.ranked || u.ranked
	s.moved = s.moved || u.moved
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

// newest is the last update of the batch.
func (b batch) newest() *update { return b.updates[len(b.updates)-1] }

// batch is what a stream has to tell its client.
type batch struct {
	updates       []*update
	ranked, moved bool
	ended         ending
}

// take empties the mailbox. The batch is valid until the next take: with a thousand
// streams, new memory for each batch would be most of the cost of an event.
func (s *stream) take() batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := batch{ranked: s.ranked, moved: s.moved, ended: s.ended}
	clear(s.taken)
	s.taken = s.taken[:0]
	for _, id := range s.order {
		s.taken = append(s.taken, s.pending[id])
	}
	b.updates = s.taken
	s.order = s.order[:0]
	clear(s.pending)
	s.ranked, s.moved = false, false
	return b
}
