package models

import (
	"regexp"
	"sync"
	"testing"
	"time"
)

func TestIDsIncrease(t *testing.T) {
	var g ids
	format := regexp.MustCompile(`^[0-9a-v]{26}$`)
	now := time.Date(2026, 8, 17, 10, 0, 0, 0, time.UTC)
	last := ""
	for i := range 5000 {
		switch i {
		case 1000:
			now = now.Add(time.Millisecond)
		case 2000:
			now = now.Add(-time.Hour) // the clock is set back
		case 3000:
			now = now.Add(100 * 365 * 24 * time.Hour)
		}
		id := g.next(now)
		if !format.MatchString(id) || id <= last {
			t.Fatalf("%q after %q", id, last)
		}
		last = id
	}
}

// Ensure that counting up carries from the lower bits to the higher.
func TestIDsCarry(t *testing.T) {
	g := ids{ms: 1 << 62, low: 1<<64 - 1}
	before := g.high
	a := g.next(time.UnixMilli(1))
	if g.high != before+1 {
		t.Errorf("no carry: %x %x in %s", g.high, g.low, a)
	}
}

func TestIDsAreUniqueAcrossGoroutines(t *testing.T) {
	var g ids
	var mu sync.Mutex
	seen := make(map[string]bool)
	now := time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				id := g.next(now)
				mu.Lock()
				if seen[id] {
					t.Errorf("%s twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
