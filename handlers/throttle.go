package handlers

import (
	"cmp"
	"sync"
	"time"
)

const (
	// firstDelay is the delay after the first failure too many; each further one
	// doubles it.
	firstDelay = 2 * time.Second
	// forgetAfter is how long failures are remembered after the last one.
	forgetAfter = time.Hour
	// throttleSize bounds what is remembered; when it is full, what failed least is
	// forgotten, and of that the oldest: a flood of other failures opens no door that many
	// have closed.
	throttleSize = 10_000
	// warnedWeight is how many failures one counts for at the own door while the account
	// is warned.
	warnedWeight = 4
)

// door is something whose failures count: an account, an address, both together.
type door struct {
	key     string
	free    int           // failures before waiting begins
	longest time.Duration // the longest delay; 0 never makes anybody wait
}

// doors are what one attempt goes through.
type doors struct {
	// own is who tries, at what. A success opens it again.
	own door
	// shared are those of many. A success takes back there what the own door had added.
	shared []door
	// warns, when it has a key, makes nobody wait: while it has more failures than are
	// free, those at the own door count for more. So an account that is guessed at from
	// everywhere stays open to its owner, and each of the guessers has fewer attempts.
	warns door
}

func (d doors) all() []door {
	all := append([]door{d.own}, d.shared...)
	if d.warns.key != "" {
		all = append(all, d.warns)
	}
	return all
}

// throttle slows down guessing. Whether an account exists makes no difference to it.
type throttle struct {
	mu       sync.Mutex
	failures map[string]*failures
}

type failures struct {
	attempts int
	count    int       // attempts by their weight
	until    time.Time // no attempt before
	last     time.Time
}

func newThrottle() *throttle { return &throttle{failures: make(map[string]*failures)} }

// attempt says how long no attempt may be made through these doors. When that is 0, an
// attempt is made and counted as failed at once, so that many at a time gain nothing; its
// succeeded or undo takes that back.
func (t *throttle) attempt(now time.Time, d doors) (*attempt, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.wait(now, d); wait > 0 {
		return nil, wait
	}
	a := &attempt{t: t, doors: d, weight: 1}
	if f := t.failures[d.warns.key]; f != nil && now.Sub(f.last) <= forgetAfter && f.attempts >= d.warns.free {
		a.weight = warnedWeight
	}
	for i, one := range d.all() {
		f := t.failures[one.key]
		if f == nil || now.Sub(f.last) > forgetAfter {
			t.makeRoom(now)
			f = &failures{}
			t.failures[one.key] = f
		}
		f.attempts++
		f.count++
		if i == 0 {
			f.count += a.weight - 1
		}
		f.last = now
		if over := f.count - one.free; over >= 0 && one.longest > 0 {
			f.until = now.Add(min(one.longest, firstDelay<<min(over, 20)))
		}
	}
	return a, 0
}

// wait is how long the doors are closed. The caller holds mu.
func (t *throttle) wait(now time.Time, d doors) (wait time.Duration) {
	for _, one := range d.all() {
		if f := t.failures[one.key]; f != nil {
			wait = max(wait, f.until.Sub(now))
		}
	}
	return wait
}

// attempt is one that was let through.
type attempt struct {
	t      *throttle
	doors  doors
	weight int
}

// succeeded ends the attempt well: nothing is held against who made it any more, at any
// door.
func (a *attempt) succeeded() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	made := 1 // forgotten meanwhile, but for this one
	if own := a.t.failures[a.doors.own.key]; own != nil {
		made = own.attempts
		delete(a.t.failures, a.doors.own.key)
	}
	for _, one := range a.doors.all()[1:] {
		a.t.takeBack(one, made, made)
	}
}

// undo takes back an attempt that proved nothing.
func (a *attempt) undo() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	for i, one := range a.doors.all() {
		weight := 1
		if i == 0 {
			weight = a.weight
		}
		a.t.takeBack(one, 1, weight)
	}
}

// takeBack makes attempts not to have been. The caller holds mu.
func (t *throttle) takeBack(d door, attempts, count int) {
	f := t.failures[d.key]
	if f == nil {
		return
	}
	f.attempts -= attempts
	f.count -= count
	f.until = time.Time{} // it was over when the attempt began
	if f.attempts <= 0 {
		delete(t.failures, d.key)
	}
}

// makeRoom keeps the map bounded. The caller holds mu.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.failures) < throttleSize {
		return
	}
	least, found := "", (*failures)(nil)
	for key, f := range t.failures {
		if now.Sub(f.last) > forgetAfter {
			delete(t.failures, key)
		} else if found == nil || cmp.Or(cmp.Compare(f.count, found.count), f.last.Compare(found.last)) < 0 {
			least, found = key, f
		}
	}
	if len(t.failures) >= throttleSize {
		delete(t.failures, least)
	}
}
