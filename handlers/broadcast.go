package handlers

import (
	"log/slog"
	"sync"

	"wadah/session"
)

// hubBuffer is how far the broadcaster may fall behind the manager before it is cut
// off and reads everything anew. It does next to nothing per snapshot, so this is
// room for a whole fleet changing at once.
const hubBuffer = 4096

// broadcaster listens to the manager's hub once for all event streams of this
// server. Each change becomes one update whose frames are rendered at most once per
// variant and shared by all streams, so that a thousand streams cost a thousand
// writes and one rendering.
type broadcaster struct {
	subscribe func(buffer int) (<-chan session.Snapshot, func()) // session.Hub.Subscribe
	current   func() []session.Snapshot                          // session.Manager.Snapshots
	also      func(session.Snapshot)                             // told of every snapshot; nil for nobody
	log       *slog.Logger
	done      chan struct{} // closed when run has ended

	mu      sync.Mutex
	streams map[*stream]struct{}
	owned   map[owner]int               // how many streams each owner has open
	last    map[string]session.Snapshot // what was announced of each device
	closed  bool
}

func newBroadcaster(subscribe func(int) (<-chan session.Snapshot, func()), current func() []session.Snapshot, log *slog.Logger) *broadcaster {
	return &broadcaster{
		subscribe: subscribe, current: current, log: log, done: make(chan struct{}),
		streams: make(map[*stream]struct{}), owned: make(map[owner]int), last: make(map[string]session.Snapshot),
	}
}

// run passes snapshots on until the hub is closed or the broadcaster is; quit ends it.
func (b *broadcaster) run(quit <-chan struct{}) {
	defer close(b.done)
	defer b.close()
	for {
		snapshots, cancel := b.subscribe(hubBuffer)
		b.catchUp()
		again := b.pass(snapshots, quit)
		cancel()
		if !again {
			return
		}
		b.log.Warn("event streams fell behind and read everything anew")
	}
}

// catchUp publishes what may have been missed while there was no subscription, the end
// of devices that are gone included.
func (b *broadcaster) catchUp() {
	before := b.watched() // first: what is added from now on is in the subscription
	for _, snap := range b.current() {
		delete(before, snap.ID)
		b.publish(snap)
	}
	for id := range before {
		b.publish(session.Snapshot{ID: id, Deleted: true})
	}
}

// watched is every device that was announced or has a stream of its own.
func (b *broadcaster) watched() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make(map[string]bool, len(b.last))
	for id := range b.last {
		ids[id] = true
	}
	for s := range b.streams {
		if s.device != "" {
			ids[s.device] = true
		}
	}
	return ids
}

// pass reports whether the subscription was lost although the hub is still open.
func (b *broadcaster) pass(snapshots <-chan session.Snapshot, quit <-chan struct{}) (again bool) {
	got := false
	for {
		select {
		case <-quit:
			return false
		case snap, ok := <-snapshots:
			if !ok {
				return got // a subscription to a closed hub is born closed
			}
			got = true
			b.publish(snap)
		}
	}
}

// publish hands one snapshot to every stream that shows its device. It never blocks.
func (b *broadcaster) publish(snap session.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, known := b.last[snap.ID]
	if known && !snap.Deleted && snap.Rev <= before.Rev {
		return
	}
	if b.also != nil {
		b.also(snap)
	}
	u := &update{
		snap:   snap,
		ranked: !known || snap.Deleted || before.Name != snap.Name || before.Number() != snap.Number(),
		moved:  !known || before.State != snap.State || before.Reason != snap.Reason,
	}
	if snap.Deleted {
		delete(b.last, snap.ID)
	} else {
		b.last[snap.ID] = snap
	}
	for s := range b.streams {
		if s.device == snap.ID || s.device == "" && s.scope.sees(snap.ID) {
			s.push(u)
		}
	}
}

// join adds a stream, or reports that its owner has too many. A stream that joins after
// close has ended already.
func (b *broadcaster) join(s *stream) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.end(endedClosing)
		return true
	}
	if s.most > 0 && b.owned[s.owner] >= s.most {
		return false
	}
	b.streams[s] = struct{}{}
	b.owned[s.owner]++
	return true
}

func (b *broadcaster) leave(s *stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, joined := b.streams[s]; !joined {
		return
	}
	delete(b.streams, s)
	if b.owned[s.owner]--; b.owned[s.owner] <= 0 {
		delete(b.owned, s.owner)
	}
}

// endLogin ends the streams of a login that is over.
func (b *broadcaster) endLogin(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.streams {
		if token != "" && s.login == token {
			s.end(endedLogin)
		}
	}
}

// endUser ends the streams of all logins of a user.
func (b *broadcaster) endUser(userID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.streams {
		if userID != "" && s.user == userID {
			s.end(endedLogin)
		}
	}
}

// count is the number of open streams.
func (b *broadcaster) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.streams)
}

func (b *broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.streams {
		s.end(endedClosing)
	}
}
