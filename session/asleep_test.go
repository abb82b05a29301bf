package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"wadah/session"
)

// asleep gives the fleet a clock that counts sleep, and returns what lets it sleep.
func (w *fleet) asleep() (sleep func(time.Duration)) {
	w.close()
	began, slept := time.Now(), new(atomic.Int64)
	w.uptime = func() time.Duration { return time.Since(began) + time.Duration(slept.Load()) }
	w.open(session.DefaultConfig())
	return func(d time.Duration) { slept.Add(int64(d)) }
}

// A laptop sleeps: what its monotonic clock did not count is noticed, and everything is
// looked at when it wakes.
func TestSleep(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		alive, dead, scanning, waiting := w.linked("hidup", alice), w.linked("putus", bob), w.add("pindai"), w.add("tunggu")
		sleep := w.asleep()
		w.settle()
		w.start(scanning)
		defer w.Watch(scanning)()
		w.driver.SetOnDial(func(_ context.Context, to session.Target) error {
			if to.DeviceID == waiting {
				return errDown
			}
			return nil
		})
		w.start(waiting)
		w.pass(10 * time.Minute) // longer pauses
		w.want(alive, "CONNECTED/ready")
		checks := w.conn(alive).Checks
		if checks != 0 {
			t.Fatalf("%d checks before anybody slept", checks)
		}
		shown := w.snap(scanning).QR.Text
		tries := len(w.driver.Dials())
		w.conn(dead).Deaf = true
		gone := w.conn(dead)

		sleep(4 * time.Second) // too short to end anything
		w.pass(3 * time.Second)
		if w.conn(alive).Checks != 0 {
			t.Error("a connection was checked after four seconds")
		}
		sleep(time.Hour)
		w.pass(3 * time.Second)
		if w.conn(alive).Checks != 1 {
			t.Errorf("the live connection was checked %d times", w.conn(alive).Checks)
		}
		w.want(alive, "CONNECTED/ready")
		w.want(dead, "CONNECTED/ready")
		if !gone.Closed() {
			t.Error("the dead connection is still open")
		}
		w.want(scanning, "SERVICE_SCAN/qr")
		if w.snap(scanning).QR.Text == shown {
			t.Error("the code is still shown")
		}
		if len(w.driver.Dials())-tries < 3 {
			t.Error("the device that waited for its next try went on waiting")
		}
	})
}

// A ban ends by the clock on the wall, also for a machine that sleeps meanwhile.
func TestBanDuringSleep(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.conn(id).Tell(session.SignalBanned{Code: 101, Expire: time.Hour})
		if until := w.snap(id).Until; until != until.Round(0) {
			t.Errorf("the ban ends at %v, by a clock that sleeps", until)
		}
		var banned *session.BannedError
		if _, err := w.StartDevice(t.Context(), id); !errors.As(err, &banned) {
			t.Errorf("got %v, want BannedError", err)
		}
	})
}

// A code whose line has died is not shown any more.
func TestCodeOnADeadLine(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.add("Toko")
		w.start(id)
		dead := w.conn(id)
		shown := w.snap(id).QR.Text
		w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
		dead.Tell(session.SignalSilent{})
		w.settle()
		w.want(id, "PAIRING/connecting")
		if s := w.snap(id); s.QR != nil || !dead.Closed() {
			t.Errorf("QR %v, closed %v", s.QR, dead.Closed())
		}
		w.driver.SetOnDial(nil)
		w.pass(time.Minute)
		w.want(id, "SERVICE_SCAN/qr")
		if w.snap(id).QR.Text == shown {
			t.Error("the same code is shown again")
		}
	})
}
