package handlers

import (
	"fmt"
	"testing"
	"time"
)

// guess fails through the doors as often as it is let, at one moment, and says how often
// that was and how long it would have to wait then.
func (t *throttle) guess(now time.Time, d doors) (times int, wait time.Duration) {
	for ; times < 1000; times++ {
		if _, wait = t.attempt(now, d); wait > 0 {
			return times, wait
		}
	}
	return times, 0
}

func TestThrottle(t *testing.T) {
	var (
		tr = newThrottle()
		d  = doors{
			own:    door{key: "own", free: 3, longest: 10 * firstDelay},
			shared: []door{{key: "shared", free: 100, longest: firstDelay}},
		}
		now = time.Now()
	)
	var waits []string
	for range 6 {
		if _, wait := tr.attempt(now, d); wait > 0 {
			t.Fatalf("no attempt for %v more", wait)
		}
		again, wait := tr.attempt(now, d) // at the same moment
		if wait == 0 {
			again.undo()
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
	tr, now := newThrottle(), time.Now()
	network := door{key: "network", free: 10, longest: time.Minute}
	mine := doors{own: door{key: "mine", free: 5, longest: time.Minute}, shared: []door{network}}
	theirs := doors{own: door{key: "theirs", free: 5, longest: time.Minute}, shared: []door{network}}
	for range 4 {
		tr.attempt(now, mine)
		tr.attempt(now, theirs)
	}
	last, _ := tr.attempt(now, mine)
	last.succeeded()
	if tr.failures["mine"] != nil || tr.failures["theirs"].count != 4 || tr.failures["network"].attempts != 4 {
		t.Errorf("mine %+v, theirs %+v, the network %+v", tr.failures["mine"], tr.failures["theirs"], tr.failures["network"])
	}
}

// Ensure that an account that is guessed at from everywhere closes for nobody, and that
// each of those who guess has fewer attempts.
func TestThrottleWarns(t *testing.T) {
	tr, now := newThrottle(), time.Now()
	from := func(network string) doors {
		return doors{
			own:   door{key: "both " + network, free: 5, longest: slowest},
			warns: door{key: "account", free: 20},
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
	owner, wait := tr.attempt(now, from("clean"))
	if wait > 0 {
		t.Fatalf("the owner waits %v", wait)
	}
	owner.succeeded()
	if tr.failures["both clean"] != nil {
		t.Error("a success is held against the owner")
	}
	if times, _ := tr.guess(now.Add(2*forgetAfter), from("later")); times != 5 {
		t.Errorf("%d attempts long after the attack", times)
	}
}

// Ensure that what is remembered is bounded, and that a flood does not open a door that
// many failures have closed.
func TestThrottleForgetsTheLeast(t *testing.T) {
	tr, now := newThrottle(), time.Now()
	closed := doors{own: door{key: "closed", free: 5, longest: slowest}}
	tr.guess(now, closed)
	for i := range throttleSize + 100 {
		tr.attempt(now.Add(time.Millisecond), doors{own: door{key: fmt.Sprint(i), free: 5, longest: slowest}})
	}
	if n := len(tr.failures); n > throttleSize {
		t.Errorf("%d entries are kept", n)
	}
	if times, _ := tr.guess(now.Add(time.Millisecond), closed); times != 0 {
		t.Error("a flood has opened a door")
	}
}
