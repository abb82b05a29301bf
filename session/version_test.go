package session_test

import (
	"testing"
	"time"

	"wadah/session"
)

func TestVersionInfo(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		w.settle() // the check at the start
		began := time.Now()
		if got := w.VersionInfo(); got.Learnt || got.CheckedAt.IsZero() || !got.FailedAt.IsZero() {
			t.Errorf("after the start: %+v", got)
		}
		w.pass(2 * time.Minute)
		w.driver.SetLatest(session.Version{})
		if v, err := w.RefreshVersion(t.Context()); err == nil {
			t.Errorf("WhatsApp told %v although it cannot be asked", v)
		}
		if got := w.VersionInfo(); got.CheckedAt.After(began) || !got.FailedAt.After(began) {
			t.Errorf("after a failure: %+v", got)
		}
		newer := session.Version{2, 3000, 2000}
		w.driver.SetLatest(newer)
		if v, err := w.RefreshVersion(t.Context()); err != nil || v != newer {
			t.Errorf("got %v (%v)", v, err)
		}
		if got := w.VersionInfo(); got.Version != newer || !got.Learnt || !got.FailedAt.IsZero() {
			t.Errorf("after a newer version: %+v", got)
		}
	})
}

// Ensure that devices whose version is refused come back with a newer one, and that
// those somebody has stopped meanwhile stay off.
func TestNewerVersionBringsOutdatedDevicesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		outdated := func(name, jid string) string {
			id := w.linked(name, jid)
			w.driver.HoldLogins(true)
			w.conn(id).Tell(session.SignalOutdated{})
			w.settle()
			w.conn(id).Tell(session.SignalOutdated{})
			w.settle()
			w.want(id, "SERVICE_OFF/outdated")
			w.driver.HoldLogins(false)
			return id
		}
		waiting, stopped := outdated("Toko", alice), outdated("Gudang", bob)
		if _, err := w.StopDevice(t.Context(), stopped); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Minute)
		check := func() {
			if _, err := w.RefreshVersion(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.settle()
		}
		check()
		w.want(waiting, "SERVICE_OFF/outdated") // nothing new
		w.pass(2 * time.Minute)
		w.driver.SetLatest(session.Version{2, 3000, 2000})
		check()
		w.want(waiting, "CONNECTED/ready")
		w.want(stopped, "SERVICE_OFF/stopped")
	})
}
