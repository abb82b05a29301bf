package handlers

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"wadah/handlers/limit"
)

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(10, 5, func(s string) uint { return uint(s[0]) })
		allowed := func(who string, n int) (passed int) {
			for range n {
				if l.take(who) == 0 {
					passed++
				}
			}
			return passed
		}
		if got := allowed("a", 20); got != 5 {
			t.Errorf("at once: %d passed, want the burst of 5", got)
		}
		if wait := l.take("a"); wait <= 0 || wait > 100*time.Millisecond {
			t.Errorf("told to wait %v for the next request of ten a second", wait)
		}
		if got := allowed("b", 20); got != 5 {
			t.Errorf("another client has %d, want its own 5", got)
		}
		<-time.After(300 * time.Millisecond)
		if got := allowed("a", 20); got != 3 {
			t.Errorf("after 300 ms %d passed, want 3", got)
		}
		<-time.After(time.Hour)
		if got := allowed("a", 20); got != 5 {
			t.Errorf("after an hour %d passed, want no more than the burst", got)
		}
	})
}

func TestLimiterOff(t *testing.T) {
	l := newLimiter(0, 0, func(string) uint { return 0 })
	for range 10_000 {
		if l.take("a") != 0 {
			t.Fatal("no limit limits")
		}
	}
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(1, 10, func(string) uint { return 0 })
	for i := range 10 * shardSize {
		l.take(fmt.Sprint(i))
	}
	if n := len(l.parts[0].buckets); n > 2*shardSize {
		t.Errorf("%d clients are remembered, want at most %d", n, 2*shardSize)
	}
}

func TestLimiterAllocatesNothing(t *testing.T) {
	l := newLimiters(DefaultLimits())
	addr := netip.MustParseAddr("2001:db8::1")
	n := testing.AllocsPerRun(1000, func() {
		l.keys.take("06h0d6kr2sob0prs6bqba3304o")
		l.addresses.take(limit.Network(addr))
	})
	if n != 0 {
		t.Errorf("%v allocations for a request", n)
	}
}

func TestClientNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::9": "2001:db8:1:2::",
	} {
		if got := limit.Network(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", addr, got, want)
		}
	}
	if limit.Network(netip.Addr{}).IsValid() {
		t.Error("an unknown address became a known one")
	}
}
