package limit

import (
	"fmt"
	"testing"
	"time"
)

// guess fails through the doors as often as it is let, at one moment, and says how often
// that was and how long it would have to wait then.
func (t *Throttle) guess(now time.Time, d Doors) (times int, wait time.Duration) {
	for ; times < 1000; times++ {
		if _, wait = t.Attempt(now, d); wait > 0 {
			return times, wait
		}
	}
	return times, 0
}

func TestThrottle(t *testing.T) {
	var (
		tr = NewThrottle()
		d  = Doors{
			Own:    Door{Key: "own", Free: 3, Longest: 10 * firstDelay},
			Shared: []Door{{Key: "shared", Free: 100, Longest: firstDelay}},
		}
		now = time.Now()
	)
	var waits []string
	for range 6 {
		if _, wait := tr.Attempt(now, d); wait > 0 {
			t.Fatalf("no attempt for %v more", wait)
		}
		again, wait := tr.Attempt(now, d) // at the same moment
		if wait == 0 {
			again.Undo()
		}
		waits = append(waits, wait.String())
		now = now.Add(wait)
	}
	if got, want := fmt.Sprint(waits), "[0s 0s 2s 4s 8s 16s]"; got != want {
		t.Errorf("delays %s, want %s", got, want)
	}
	if times, wait := tr.guess(now.Add(forgetAfter+time.Second), d); times != 3 || wait != firstDelay {
		t.Errorf("an hour later: %d attempts, then %v", times, wait)
	}
}

// Ensure that a success takes back what who succeeded has failed, and nothing else.
func TestThrottleForgives(t *testing.T) {
	tr, now := NewThrottle(), time.Now()
	network := Door{Key: "network", Free: 10, Longest: time.Minute}
	mine := Doors{Own: Door{Key: "mine", Free: 5, Longest: time.Minute}, Shared: []Door{network}}
	theirs := Doors{Own: Door{Key: "theirs", Free: 5, Longest: time.Minute}, Shared: []Door{network}}
	for range 4 {
		tr.Attempt(now, mine)
		tr.Attempt(now, theirs)
	}
	last, _ := tr.Attempt(now, mine)
	last.Succeeded()
	kept := func(key string) failures {
		if f, ok := tr.failures.Get(key, now); ok {
			return *f
		}
		return failures{}
	}
	if kept("mine").attempts != 0 || kept("theirs").count != 4 || kept("network").attempts != 4 {
		t.Errorf("mine %+v, theirs %+v, the network %+v", kept("mine"), kept("theirs"), kept("network"))
	}
}

// Ensure that an account that is guessed at from everywhere closes for nobody, and that
// each of those who guess has fewer attempts.
func TestThrottleWarns(t *testing.T) {
	tr, now := NewThrottle(), time.Now()
	from := func(network string) Doors {
		return Doors{
			Own:   Door{Key: "both " + network, Free: 5, Longest: 15 * time.Minute},
			Warns: Door{Key: "account", Free: 20},
		}
	}
	for i := range 4 {
		if times, _ := tr.guess(now, from(fmt.Sprint(i))); times != 5 {
			t.Fatalf("network %d had %d attempts", i, times)
		}
	}
	for i := range 100 {
		if times, wait := tr.guess(now, from(fmt.Sprint("late", i))); times != 2 || wait < 4*firstDelay {
			t.Fatalf("a network had %d attempts at an account that is guessed at, then %v", times, wait)
		}
	}
	owner, wait := tr.Attempt(now, from("clean"))
	if wait > 0 {
		t.Fatalf("the owner waits %v", wait)
	}
	owner.Succeeded()
	if _, held := tr.failures.Get("both clean", now); held {
		t.Error("a success is held against the owner")
	}
	if times, _ := tr.guess(now.Add(2*forgetAfter), from("later")); times != 5 {
		t.Errorf("%d attempts long after the attack", times)
	}
}

// Ensure that what is remembered is bounded, and that a flood does not open a door that
// many failures have closed.
func TestThrottleForgetsTheLeast(t *testing.T) {
	tr, now := NewThrottle(), time.Now()
	closed := Doors{Own: Door{Key: "closed", Free: 5, Longest: 15 * time.Minute}}
	tr.guess(now, closed)
	for i := range throttleSize + 100 {
		tr.Attempt(now.Add(time.Millisecond), Doors{Own: Door{Key: fmt.Sprint(i), Free: 5, Longest: 15 * time.Minute}})
	}
	if n := tr.failures.Len(); n > throttleSize {
		t.Errorf("%d entries are kept", n)
	}
	if times, _ := tr.guess(now.Add(time.Millisecond), closed); times != 0 {
		t.Error("a flood has opened a door")
	}
}
