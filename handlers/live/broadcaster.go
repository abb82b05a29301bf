package live

import (
	"log/slog"
	"sync"

	"wadah/session"
)

// hubBuffer is how far the broadcaster may fall behind the manager before it is cut
// off and reads everything anew. It does next to nothing per snapshot, so this is
// room for a whole fleet changing at once.
const hubBuffer = 4096

// Broadcaster listens to the manager's hub once for all event streams of this
// server. Each change becomes one update whose frames are rendered at most once per
// variant and shared by all streams, so that a thousand streams cost a thousand
// writes and one rendering.
type Broadcaster struct {
	from origin
	log  *slog.Logger
	done chan struct{} // closed when Run has ended

	mu      sync.Mutex
	streams map[*stream]struct{}
	owned   map[Owner]int               // how many streams each owner has open
	held    map[string]int              // and each browser that has few connections
	last    map[string]session.Snapshot // what was announced of each device
	closed  bool
}

// origin is where changes come from, and who is told of them first.
type origin struct {
	subscribe func(buffer int) (<-chan session.Snapshot, func()) // session.Hub.Subscribe
	current   func() []session.Snapshot                          // session.Manager.Snapshots
	told      []func(session.Snapshot)                           // before the streams
}

// NewBroadcaster makes one of a hub and of what tells how everything is now.
func NewBroadcaster(subscribe func(int) (<-chan session.Snapshot, func()), current func() []session.Snapshot, log *slog.Logger) *Broadcaster {
	return &Broadcaster{
		from: origin{subscribe: subscribe, current: current}, log: log, done: make(chan struct{}),
		streams: make(map[*stream]struct{}), owned: make(map[Owner]int), held: make(map[string]int), last: make(map[string]session.Snapshot),
	}
}

// Tell has f told of every snapshot before the streams are. F must not block; call it
// before Run.
func (b *Broadcaster) Tell(f func(session.Snapshot)) { b.from.told = append(b.from.told, f) }

// Run passes snapshots on until the hub is closed or the broadcaster is; quit ends it.
func (b *Broadcaster) Run(quit <-chan struct{}) {
	defer close(b.done)
	defer b.close()
	for {
		snapshots, cancel := b.from.subscribe(hubBuffer)
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
func (b *Broadcaster) catchUp() {
	before := b.watched() // first: what is added from now on is in the subscription
	for _, snap := range b.from.current() {
		delete(before, snap.ID)
		b.publish(snap)
	}
	for id := range before {
		b.publish(session.Snapshot{ID: id, Deleted: true})
	}
}

// Done is closed when every stream was told that it is over.
func (b *Broadcaster) Done() <-chan struct{} { return b.done }

// watched is every device that was announced or has a stream of its own.
func (b *Broadcaster) watched() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make(map[string]bool, len(b.last))
	for id := range b.last {
		ids[id] = true
	}
	for s := range b.streams {
		if s.Device != "" {
			ids[s.Device] = true
		}
	}
	return ids
}

// pass reports whether the subscription was lost although the hub is still open.
func (b *Broadcaster) pass(snapshots <-chan session.Snapshot, quit <-chan struct{}) (again bool) {
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
func (b *Broadcaster) publish(snap session.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, known := b.last[snap.ID]
	if known && !snap.Deleted && snap.Rev <= before.Rev {
		return
	}
	for _, tell := range b.from.told {
		tell(snap)
	}
	u := &Update{
		Snap:   snap,
		Ranked: !known || snap.Deleted || before.Name != snap.Name || before.Number() != snap.Number(),
		Moved:  !known || before.State != snap.State || before.Reason != snap.Reason,
	}
	if snap.Deleted {
		delete(b.last, snap.ID)
	} else {
		b.last[snap.ID] = snap
	}
	for s := range b.streams {
		if s.Device == snap.ID || s.Device == "" && s.Shows(snap.ID) {
			s.push(u)
		}
	}
}

// browserStreams is how many streams the windows of a browser may hold over HTTP/1.1. Browsers
// have six connections to a host for all windows; two stay free for pages and clicks, or the
// seventh window would wait until another is closed.
const browserStreams = 4

// join adds a stream, or reports that its owner has too many. A stream that joins after
// close has ended already; one whose browser has no connection to spare is not added.
func (b *Broadcaster) join(s *stream) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.end(endedClosing)
		return true
	}
	if s.Browser != "" && b.held[s.Browser] >= browserStreams {
		s.glance = true
		return true
	}
	if s.Most > 0 && b.owned[s.Owner] >= s.Most {
		return false
	}
	b.streams[s] = struct{}{}
	b.owned[s.Owner]++
	if s.Browser != "" {
		b.held[s.Browser]++
	}
	return true
}

func (b *Broadcaster) leave(s *stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, joined := b.streams[s]; !joined {
		return
	}
	delete(b.streams, s)
	if b.owned[s.Owner]--; b.owned[s.Owner] <= 0 {
		delete(b.owned, s.Owner)
	}
	if s.Browser == "" {
		return
	}
	if b.held[s.Browser]--; b.held[s.Browser] <= 0 {
		delete(b.held, s.Browser)
	}
}

// Count is the number of open streams.
func (b *Broadcaster) Count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.streams)
}

func (b *Broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.streams {
		s.end(endedClosing)
	}
}
