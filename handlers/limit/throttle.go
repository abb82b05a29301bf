package limit

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
	// throttleSize bounds what is remembered; when it is full, what failed least is
	// forgotten, and of that the oldest: a flood of other failures opens no door that many
	// have closed.
	throttleSize = 10_000
	// warnedWeight is how many failures one counts for at the own door while the account
	// is warned.
	warnedWeight = 4
)

// Door is something whose failures count: an account, an address, both together.
type Door struct {
	Key     string
	Free    int           // failures before waiting begins
	Longest time.Duration // the longest delay; 0 never makes anybody wait
}

// Doors are what one attempt goes through.
type Doors struct {
	// Own is who tries, at what. A success opens it again.
	Own Door
	// Shared are those of many. A success takes back there what the own door had added.
	Shared []Door
	// Warns, when it has a key, makes nobody wait: while it has more failures than are
	// free, those at the own door count for more. So an account that is guessed at from
	// everywhere stays open to its owner, and each of the guessers has fewer attempts.
	Warns Door
}

func (d Doors) all() []Door {
	all := append([]Door{d.Own}, d.Shared...)
	if d.Warns.Key != "" {
		all = append(all, d.Warns)
	}
	return all
}

// Throttle slows down guessing. Whether an account exists makes no difference to it.
type Throttle struct {
	mu       sync.Mutex
	failures *Map[string, *failures]
}

type failures struct {
	attempts int
	count    int       // attempts by their weight
	until    time.Time // no attempt before
}

// NewThrottle makes a throttle at which nobody has failed yet.
func NewThrottle() *Throttle {
	// A flood of other failures opens no door that many have closed.
	return &Throttle{failures: NewWorthMap[string](throttleSize, forgetAfter, func(f *failures) int { return f.count })}
}

// Attempt says how long no attempt may be made through these doors. When that is 0, an
// attempt is made and counted as failed at once, so that many at a time gain nothing; its
// Succeeded or Undo takes that back.
func (t *Throttle) Attempt(now time.Time, d Doors) (*Attempt, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait := t.wait(now, d); wait > 0 {
		return nil, wait
	}
	a := &Attempt{t: t, at: now, doors: d, weight: 1}
	if f, ok := t.failures.Get(d.Warns.Key, now); ok && f.attempts >= d.Warns.Free {
		a.weight = warnedWeight
	}
	for i, one := range d.all() {
		weight := 1
		if i == 0 {
			weight = a.weight
		}
		t.failures.Update(one.Key, now, func(f *failures, found bool) *failures {
			if !found {
				f = &failures{}
			}
			f.add(now, one, weight)
			return f
		})
	}
	return a, 0
}

// add counts an attempt at a door.
func (f *failures) add(now time.Time, d Door, weight int) {
	f.attempts++
	f.count += weight
	if over := f.count - d.Free; over >= 0 && d.Longest > 0 {
		f.until = now.Add(min(d.Longest, firstDelay<<min(over, 20)))
	}
}

// wait is how long the doors are closed. The caller holds mu.
func (t *Throttle) wait(now time.Time, d Doors) (wait time.Duration) {
	for _, one := range d.all() {
		if f, ok := t.failures.Get(one.Key, now); ok {
			wait = max(wait, f.until.Sub(now))
		}
	}
	return wait
}

// Attempt is one that was let through.
type Attempt struct {
	t      *Throttle
	at     time.Time
	doors  Doors
	weight int
}

// Succeeded ends the attempt well: nothing is held against who made it any more, at any
// door.
func (a *Attempt) Succeeded() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	made := 1 // forgotten meanwhile, but for this one
	if own, ok := a.t.failures.Take(a.doors.Own.Key, a.at); ok {
		made = own.attempts
	}
	for _, one := range a.doors.all()[1:] {
		a.takeBack(one, made, made)
	}
}

// Undo takes back an attempt that proved nothing.
func (a *Attempt) Undo() {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	for i, one := range a.doors.all() {
		weight := 1
		if i == 0 {
			weight = a.weight
		}
		a.takeBack(one, 1, weight)
	}
}

// takeBack makes attempts not to have been. The caller holds the throttle's mu.
func (a *Attempt) takeBack(d Door, attempts, count int) {
	f, ok := a.t.failures.Get(d.Key, a.at)
	if !ok {
		return
	}
	f.attempts -= attempts
	f.count -= count
	f.until = time.Time{} // it was over when the attempt began
	if f.attempts <= 0 {
		a.t.failures.Drop(d.Key)
	}
}
