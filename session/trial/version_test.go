//go:build !race

package trial_test

import (
	"slices"
	"testing"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

// WhatsApp demands a newer version, and its page tells of one.
func TestOutdatedAndRefreshed(t *testing.T) {
	t.Parallel()
	newer := whatsapp.BuiltinVersion()
	newer[2] += 5000
	w := newWorld(t, func(s *settings) { s.sandbox.Version, s.sandbox.MinVersion = newer, newer })
	id := w.linked("Toko", phone)
	if got := w.Version(); got[2] < newer[2] {
		t.Errorf("version %v is in use, want %v at least", got, newer)
	}
	if refused := w.svc.Stats().LoginsFailed[405]; refused != 1 {
		t.Errorf("refused %d times, want one refusal, one refresh, one retry", refused)
	}
	if stored, err := w.store.Setting(t.Context(), "whatsapp_version"); err != nil || stored != newer.String() {
		t.Errorf("version %q is remembered (%v), want %s", stored, err, newer)
	}
	w.reopen() // a later run knows it from the beginning
	w.await(id, "CONNECTED/ready")
	if refused := w.svc.Stats().LoginsFailed[405]; refused != 1 {
		t.Errorf("refused %d times after a restart, want no more", refused-1)
	}
}

// WhatsApp demands a version that cannot be had.
func TestOutdatedForGood(t *testing.T) {
	t.Parallel()
	for _, outage := range []bool{false, true} {
		w := newWorld(t)
		id := w.linked("Toko", phone)
		w.stop(id)
		must(t, w.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultConnectFailure, Reason: 405, Count: -1}))
		if outage { // the version page is out of reach as well, the socket is not
			once[session.SignalOutdated](w.gate, func() { must(t, w.svc.SetOutage(sandbox.OutageHTTP503)) })
		}
		before := w.svc.Stats().Dials
		w.start(id)
		s := w.await(id, "SERVICE_OFF/outdated")
		if s.Retrying || !s.Linked() || !s.Desired {
			t.Errorf("retrying %v, linked %v, desired %v; want a linked device that waits for an update", s.Retrying, s.Linked(), s.Desired)
		}
		want := int64(2) // and no more
		if outage {
			want = 1
		}
		if dials := w.svc.Stats().Dials - before; dials != want {
			t.Errorf("%d dials, want %d", dials, want)
		}
		w.svc.ClearFaults()
		must(t, w.svc.SetOutage(sandbox.OutageNone))
		w.reopen() // the update
		w.await(id, "CONNECTED/ready")
		if told := w.story(id); !slices.Contains(told, "SERVICE_OFF/outdated") {
			t.Errorf("the timeline is silent about it: %v", told)
		}
	}
}
