//go:build !race

package trial_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// backWithin is how soon after an outage the whole fleet must be connected again.
const backWithin = 10 * time.Second

// fleet is a world with many linked devices.
type fleet struct {
	*world
	ids       []string
	perSecond int
}

// newFleet links its devices. The short form has fewer, and a governor that is as
// much slower.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{perSecond: soak(20, 100)}
	f.world = newWorld(t, func(s *settings) {
		s.session.DialsPerSecond, s.session.DialsAtOnce = 0, 32
		s.dial = 20 * time.Second // the product's
	})
	f.ids = f.linkMany(soak(60, 300))
	f.close()
	f.cfg.DialsPerSecond = f.perSecond
	f.open()
	f.begin()
	f.allAre(time.Minute, session.StateConnected)
	return f
}

// linkMany adds devices and links each to a phone of its own.
func (w *world) linkMany(devices int) []string {
	w.t.Helper()
	ids := make([]string, devices)
	places := make(chan struct{}, 8)
	var linking sync.WaitGroup
	for n := range ids {
		places <- struct{}{}
		linking.Go(func() {
			defer func() { <-places }()
			if _, err := w.svc.AddPhone(number(n), "Budi"); err != nil {
				w.t.Error(err)
				return
			}
			ids[n] = w.linked(fmt.Sprintf("Toko %d", n), number(n))
			if told := w.story(ids[n]); len(told) != 4 {
				w.t.Errorf("linking was disturbed: %v", told)
			}
		})
	}
	linking.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
	return ids
}

// allAre waits until every device is in one of the states.
func (f *fleet) allAre(limit time.Duration, states ...session.State) {
	f.t.Helper()
	eventually(f.t, limit, func() error {
		others := map[string]int{}
		for _, s := range f.Snapshots() {
			is := false
			for _, state := range states {
				is = is || s.State == state
			}
			if !is {
				others[name(s)+" "+s.Detail]++
			}
		}
		if len(others) > 0 {
			return fmt.Errorf("not all are %v: %v", states, others)
		}
		return nil
	})
}

// outage lasts, and ends; during it no device may say that it is connected.
func (f *fleet) outage(mode sandbox.OutageMode, begin func()) {
	f.t.Helper()
	from := time.Now().Unix()
	must(f.t, f.svc.SetOutage(mode))
	begin()
	f.allAre(10*time.Second, session.StatePairing, session.StateOff)
	<-time.After(soak(5*time.Second, 30*time.Second)) // it lasts
	f.allAre(time.Second, session.StatePairing, session.StateOff)
	must(f.t, f.svc.SetOutage(sandbox.OutageNone))
	f.allAre(backWithin, session.StateConnected)
	f.checkDials(from)
}

// checkDials insists that no second since from had more dials than the governor
// allows. The seconds are the simulated WhatsApp's: on a busy machine some of one second's
// dials come late, with those of the next. A fleet that dials at once is far beyond that.
func (f *fleet) checkDials(from int64) {
	f.t.Helper()
	total := 0
	for _, second := range f.svc.Stats().DialsPerSecond {
		if second.Second < from {
			continue
		}
		total += second.Count
		if second.Count > f.perSecond*3/2 {
			f.t.Errorf("%d dials in one second, the governor allows %d", second.Count, f.perSecond)
		}
	}
	if total < len(f.ids) {
		f.t.Errorf("%d dials for %d devices: they were not disconnected", total, len(f.ids))
	}
}

// A whole fleet loses WhatsApp and gets it back.
func TestFleetOutage(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for _, mode := range []sandbox.OutageMode{sandbox.OutageRefuse, sandbox.OutageSilent, sandbox.OutageHTTP503} {
		f.outage(mode, func() {
			if err := f.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultDrop}); err != nil {
				t.Fatal(err)
			}
		})
	}
	// The program is started while WhatsApp is out of reach.
	f.close()
	f.outage(sandbox.OutageRefuse, func() {
		f.open()
		f.begin()
	})
	for _, id := range f.ids {
		if told := f.story(id); strings.Contains(strings.Join(told, " "), "logged_out") {
			t.Errorf("a device was logged out by an outage: %v", told)
		}
	}
	f.close()
}
