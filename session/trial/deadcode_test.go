//go:build !race

package trial_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// A code is shown only while its line is known to live: a black hole takes all of them
// away, and they come back with it.
func TestCodesOnADeadLine(t *testing.T) {
	t.Parallel()
	playAll(t, map[string]func(*testing.T){"of a service that answers pings": func(t *testing.T) {
		const devices = 20
		w := newWorld(t)
		for n := range devices {
			w.start(w.add(fmt.Sprintf("Toko %d", n)))
		}
		w.reach("pings", devices, func(s sandbox.Stats) int64 { return s.Pings })
		w.allShow(patience, devices)
		must(t, w.svc.SetOutage(sandbox.OutageSilent))
		must(t, w.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultSilence}))
		w.allShow(20*time.Second, 0)
		must(t, w.svc.SetOutage(sandbox.OutageNone))
		w.allShow(20*time.Second, devices)
	}, "of one that has not answered any": func(t *testing.T) {
		w := newWorld(t)
		id := w.add("Toko")
		struck := once[session.SignalCodes](w.gate, func() {
			must(t, w.svc.SetOutage(sandbox.OutageSilent))
			must(t, w.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultSilence}))
		})
		w.start(id)
		<-struck
		w.allShow(time.Minute, 0)
		must(t, w.svc.SetOutage(sandbox.OutageNone))
		w.allShow(20*time.Second, 1)
	}})
}

// allShow waits until so many devices show a code, and no other.
func (w *world) allShow(limit time.Duration, want int) {
	w.t.Helper()
	eventually(w.t, limit, func() error {
		shown, others := 0, map[string]int{}
		for _, s := range w.Snapshots() {
			if s.QR != nil {
				shown++
			} else {
				others[name(s)]++
			}
		}
		if shown != want {
			return errors.New(fmt.Sprint(shown, " devices show a code, want ", want, "; the others: ", others))
		}
		return nil
	})
}
