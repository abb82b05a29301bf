package handlers

import (
	"sync"
	"time"
)

const (
	// firstDelay is the delay after the first failure too many; each further one
	// doubles it.
	firstDelay = 2 * time.Second
	// forgetAfter is how long failures are remembered after the last one.
	forgetAfter = time.Hour
	// throttleSize bounds what is remembered; when it is full, what failed longest ago
	// is forgotten.
	throttleSize = 10_000
)

// door is something whose failures count: an account, an address, both together.
type door struct {
	key     string
	free    int           // failures before waiting begins
	longest time.Duration // the longest delay
	forgive bool          // whether a success clears it
}

// throttle slows down guessing of passwords. Whether an account exists makes no
// difference to it.
type throttle struct {
	mu       sync.Mutex
	failures map[string]*failures
}

type failures struct {
	count int
	until time.Time // no attempt before
	last  time.Time
}

func newThrottle() *throttle { return &throttle{failures: make(map[string]*failures)} }

// wait is how long no attempt may be made through these doors.
func (t *throttle) wait(now time.Time, doors ...door) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for _, d := range doors {
		if f := t.failures[d.key]; f != nil {
			longest = max(longest, f.until.Sub(now))
		}
	}
	return longest
}

// failed counts a failed attempt against every door.
func (t *throttle) failed(now time.Time, doors ...door) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range doors {
		f := t.failures[d.key]
		if f == nil || now.Sub(f.last) > forgetAfter {
			t.makeRoom(now)
			f = &failures{}
			t.failures[d.key] = f
		}
		f.count++
		f.last = now
		if over := f.count - d.free; over >= 0 {
			f.until = now.Add(min(d.longest, firstDelay<<min(over, 20)))
		}
	}
}

// succeeded forgets the failures of the doors that forgive.
func (t *throttle) succeeded(doors ...door) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range doors {
		if d.forgive {
			delete(t.failures, d.key)
		}
	}
}

// makeRoom keeps the map bounded. The caller holds mu.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.failures) < throttleSize {
		return
	}
	oldest, at := "", now
	for k, f := range t.failures {
		if now.Sub(f.last) > forgetAfter {
			delete(t.failures, k)
		} else if !f.last.After(at) {
			oldest, at = k, f.last
		}
	}
	if len(t.failures) >= throttleSize {
		delete(t.failures, oldest)
	}
}
