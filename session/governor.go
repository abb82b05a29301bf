package session

import (
	"context"
	"slices"
	"sync"
	"time"
)

// governor bounds the dials of the whole fleet: so many begin in a second, so many
// are at work at once, first come first served. While nobody gets through it lets
// single probes pass; as soon as one gets through, everybody who waits out a failure
// is released, at the governor's rate: no stampede, no dawdling. A line that is merely
// slow is no outage: no dial is ended for that before its own deadline.
type governor struct {
	interval time.Duration // between the beginnings of two dials; 0 is no limit
	atOnce   int

	mu      sync.Mutex
	queue   []*dialing
	flying  []*dialing // under way, oldest first
	nextAt  time.Time  // when the next dial may begin
	timer   *time.Timer
	release chan struct{} // closed and renewed when an outage ends
	streak  int           // failures since somebody last got through
}

// dialing is one dial, waiting for its turn or under way.
type dialing struct {
	turn  chan struct{} // closed when its turn has come
	abort context.CancelFunc
	began time.Time
}

const (
	// outageStreak is how many dials in a row must fail before the governor believes
	// that WhatsApp, and not one device, is out of reach.
	outageStreak = 3
	// probeInterval is the least time between two dials during an outage.
	probeInterval = time.Second
	// workTime is how long a dial counts as at work. On a good line it is done by then; on
	// a slow one it waits for answers, and needs no less of anything for others' waiting.
	workTime = 200 * time.Millisecond
	// hangFactor is how many times longer than one that got through a dial must have
	// taken, and hangTime how long at least, before it counts as hanging in an outage
	// that is over.
	hangFactor, hangTime = 3, time.Second
)

// newGovernor allows perSecond dials a second (0: no limit), atOnce at the same time.
func newGovernor(perSecond, atOnce int) *governor {
	g := &governor{atOnce: max(atOnce, 1), release: make(chan struct{})}
	if perSecond > 0 {
		g.interval = time.Second / time.Duration(perSecond)
	}
	return g
}

// wait sleeps out delay. When releasable, the end of an outage cuts it short.
func (g *governor) wait(ctx context.Context, delay time.Duration, releasable bool) error {
	if delay <= 0 {
		return ctx.Err()
	}
	var release <-chan struct{}
	if releasable {
		g.mu.Lock()
		release = g.release
		g.mu.Unlock()
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-release:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin waits for this dial's turn. The returned context ends when the dial must
// give way to another; land must be called when the dial is over.
func (g *governor) begin(ctx context.Context) (_ context.Context, land func(), err error) {
	ctx, abort := context.WithCancel(ctx)
	d := &dialing{turn: make(chan struct{}), abort: abort}
	land = func() { g.leave(d); abort() }

	g.mu.Lock()
	g.queue = append(g.queue, d)
	g.pump()
	g.mu.Unlock()

	select {
	case <-d.turn:
		return ctx, land, nil
	case <-ctx.Done():
		land()
		return nil, nil, ctx.Err()
	}
}

// leave takes d out of the queue and of the dials under way.
func (g *governor) leave(d *dialing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	same := func(other *dialing) bool { return other == d }
	g.queue = slices.DeleteFunc(g.queue, same)
	g.flying = slices.DeleteFunc(g.flying, same)
	g.pump()
}

// pump starts the dials whose turn it is and sets the timer for the next one. The
// caller holds mu.
func (g *governor) pump() {
	for len(g.queue) > 0 {
		now := time.Now()
		if wait := g.nextAt.Sub(now); wait > 0 {
			g.pumpAfter(wait)
			return
		}
		if n := len(g.flying); n >= g.atOnce {
			// The newest of those that must have done their work before another begins.
			if left := workTime - now.Sub(g.flying[n-g.atOnce].began); left > 0 {
				g.pumpAfter(left)
				return
			}
		}
		d := g.queue[0]
		g.queue = g.queue[1:]
		d.began = now
		g.flying = append(g.flying, d)
		g.nextAt = now.Add(g.interval)
		if g.streak >= outageStreak {
			g.nextAt = now.Add(max(g.interval, probeInterval))
		}
		close(d.turn)
	}
}

func (g *governor) pumpAfter(wait time.Duration) {
	if g.timer != nil {
		g.timer.Stop()
	}
	g.timer = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pump()
	})
}

// failed notes that WhatsApp could not be reached.
func (g *governor) failed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streak++
}

// succeeded notes that somebody got through, whose dial took so long: an outage, if there
// was one, is over.
func (g *governor) succeeded(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	over := g.streak >= outageStreak
	g.streak = 0
	if !over {
		return
	}
	now := time.Now()
	g.nextAt = now.Add(g.interval)
	// A dial that has hung since the outage would hang until its timeout.
	g.flying = slices.DeleteFunc(g.flying, func(d *dialing) bool {
		hanging := now.Sub(d.began) > max(hangFactor*took, hangTime)
		if hanging {
			d.abort()
		}
		return hanging
	})
	close(g.release)
	g.release = make(chan struct{})
	g.pump()
}

// stop ends the governor's timer. Waiting dials end by their own contexts.
func (g *governor) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
	}
	g.queue = nil
}

// waitFor waits for c, for pause (when positive) or for the end of ctx, whose error
// it then returns.
func waitFor(ctx context.Context, c <-chan struct{}, pause time.Duration) error {
	var timeout <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-c:
		return nil
	case <-timeout:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
