package handlers

import (
	"fmt"
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	var (
		tr   = newThrottle()
		both = door{key: "both", free: 3, longest: 10 * firstDelay, forgive: true}
		addr = door{key: "addr", free: 100, longest: firstDelay}
		now  = time.Now()
	)
	var waits []string
	for range 6 {
		if wait := tr.attempt(now, both, addr); wait > 0 {
			t.Fatalf("no attempt for %v more", wait)
		}
		wait := tr.attempt(now, both, addr) // at the same moment
		if wait == 0 {
			tr.undo(both, addr)
		}
		waits = append(waits, wait.String())
		now = now.Add(wait)
	}
	if got, want := fmt.Sprint(waits), "[0s 0s 2s 4s 8s 16s]"; got != want {
		t.Errorf("delays %s, want %s", got, want)
	}
	if wait := tr.attempt(now, both, addr); wait > 0 {
		t.Errorf("still waiting %v", wait)
	}
	tr.succeeded(both, addr)
	if tr.failures["both"] != nil || tr.failures["addr"].count != 6 {
		t.Error("success forgives the wrong doors")
	}
	for i := range throttleSize + 10 {
		tr.attempt(now.Add(firstDelay), door{key: fmt.Sprint(i), free: 5, longest: firstDelay})
	}
	if n := len(tr.failures); n > throttleSize {
		t.Errorf("%d entries are kept", n)
	}
}
