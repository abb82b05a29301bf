//go:build unix && !race

package trial_test

import (
	"fmt"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox/handset"
)

// Messages meet a storage that fails, in every way and at every moment:
//
//	idle     the first of them comes after it has failed
//	flowing  it fails while they come, one after the other
//	login    it fails in the moment in which the device connects, and they have waited
//
// Nothing is acknowledged that was not stored; the device says storage, and when the
// storage works again it comes back by itself and brings every message, each once, in
// order. That is noticed within noticed, and mended within healed.
const (
	noticed = 25 * time.Second // two waits of 10 s for the lock of another program, and then some
	healed  = 10 * time.Second
)

var flowMoments = map[string]func(f *flow){
	"idle": func(f *flow) {
		f.strike()
		f.say(f.from, 1, 15)
	},
	"flowing": func(f *flow) {
		f.say(f.from, 1, 20)
		f.heard(f.id, 20)
		f.say(f.from, 21, 60)
		f.strike()
		f.say(f.from, 61, 80)
	},
	"login": func(f *flow) {
		f.stop(f.id)
		f.say(f.from, 1, 40)
		struck := once[session.SignalOnline](f.gate, f.strike)
		f.start(f.id)
		<-struck
		f.gate.atSignal(nil)
	},
}

// flow is a fault of the storage at one moment of a flow of messages.
type flow struct {
	*world
	id     string
	from   *handset.Phone
	fault  func(*world) (mend func())
	mend   func()
	struck time.Time
}

func (f *flow) strike() { f.mend, f.struck = f.fault(f.world), time.Now() }

func (f *flow) run(moment string) {
	texts := map[string]int{"idle": 15, "flowing": 80, "login": 40}[moment]
	f.id, f.from = f.linked("Toko", shop), f.customerPhone(customer, "Budi")
	f.say(f.from, 0, 0) // both sides know each other before the storage fails
	eventually(f.t, patience, func() error {
		if n := len(f.world.messages(f.id)); n != 1 {
			return fmt.Errorf("%d messages", n)
		}
		return nil
	})
	flowMoments[moment](f)
	f.awaitIn(noticed, f.id, "SERVICE_OFF/storage")
	took := time.Since(f.struck)
	if s := f.snap(f.id); !s.Retrying || !s.Desired {
		f.t.Errorf("retrying %v, desired %v", s.Retrying, s.Desired)
	}
	f.mend()
	mended := time.Now()
	f.awaitIn(healed, f.id, "CONNECTED/ready")
	f.heard(f.id, texts)
	f.t.Logf("noticed after %v, back %v after the mending", took.Round(time.Millisecond), time.Since(mended).Round(time.Millisecond))
}

func TestMessagesAndStorage(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*testing.T){}
	for name, fault := range storageFaults {
		for moment := range flowMoments {
			cells[name+"/"+moment] = func(t *testing.T) { (&flow{world: newWorld(t), fault: fault}).run(moment) }
		}
	}
	playAll(t, cells)
}

// The full disk is the whole process's: nothing runs beside it.
func TestMessagesAndFullDisk(t *testing.T) {
	for moment := range flowMoments {
		t.Run(moment, func(t *testing.T) {
			(&flow{world: newWorld(t), fault: func(*world) func() { return fillDisk(t) }}).run(moment)
		})
	}
}
