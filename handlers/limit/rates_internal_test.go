package limit

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewRates[string](10, 5)
		allowed := func(who string, n int) (passed int) {
			for range n {
				if l.Take(who) == 0 {
					passed++
				}
			}
			return passed
		}
		if got := allowed("a", 20); got != 5 {
			t.Errorf("at once: %d passed, want the burst of 5", got)
		}
		if wait := l.Take("a"); wait <= 0 || wait > 100*time.Millisecond {
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

func TestRatesOff(t *testing.T) {
	l := NewRates[string](0, 0)
	for range 10_000 {
		if l.Take("a") != 0 {
			t.Fatal("no limit limits")
		}
	}
}

func TestRatesAreBounded(t *testing.T) {
	l := NewRates[int](1, 10)
	for i := range 2 * ratesSize {
		l.Take(i)
	}
	if n := l.buckets.Len(); n > ratesSize {
		t.Errorf("%d clients are remembered, want at most %d", n, ratesSize)
	}
}

func TestRatesAllocateNothing(t *testing.T) {
	keys, addresses := NewRates[string](200, 1000), NewRates[netip.Addr](1000, 5000)
	addr := netip.MustParseAddr("2001:db8::1")
	n := testing.AllocsPerRun(1000, func() {
		keys.Take("06h0d6kr2sob0prs6bqba3304o")
		addresses.Take(Network(addr))
	})
	if n != 0 {
		t.Errorf("%v allocations for a request", n)
	}
}

func TestClientNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "2001:db8:1:2::9": "2001:db8:1:2::",
	} {
		if got := Network(netip.MustParseAddr(addr)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", addr, got, want)
		}
	}
	if Network(netip.Addr{}).IsValid() {
		t.Error("an unknown address became a known one")
	}
}
