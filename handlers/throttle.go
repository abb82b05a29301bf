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

// attempt says how long no attempt may be made through these doors. When that is 0,
// an attempt is made and counted as failed at once, so that many at a time gain
// nothing; succeeded or undo takes that back.
func (t *throttle) attempt(now time.Time, doors ...door) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range doors {
		if f := t.failures[d.key]; f != nil {
			wait = max(wait, f.until.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
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
	return 0
}

// succeeded ends an attempt well: doors that forgive forget their failures, the others
// just this one.
func (t *throttle) succeeded(doors ...door) {
	t.undo(doors...)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range doors {
		if d.forgive {
			delete(t.failures, d.key)
		}
	}
}

// undo takes back an attempt that proved nothing, or was no failure.
func (t *throttle) undo(doors ...door) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range doors {
		f := t.failures[d.key]
		if f == nil {
			continue
		}
		f.count--
		f.until = time.Time{} // it was over when the attempt began
		if f.count <= 0 {
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
