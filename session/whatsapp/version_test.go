package whatsapp_test

import (
	"testing"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

// TestOutdated: a version that WhatsApp no longer accepts is refused; after a refresh
// the next connection presents the current one. The version belongs to the process
// and only grows, so the test counts up from what it finds.
func TestOutdated(t *testing.T) {
	old := whatsapp.BuiltinVersion()
	current := session.Version{old[0], old[1], old[2] + 100}
	r := newRig(t, func(s *sandbox.Config, _ *whatsapp.Config) { s.Version, s.MinVersion = current, current })
	if got := r.drv.Version(); got != old {
		t.Errorf("version %v, want the library's %v", got, old)
	}
	conn, w := r.dial("")
	await[session.SignalOutdated](w)
	conn.Close()
	w.nothingMore()

	got, err := r.drv.RefreshVersion(t.Context())
	if err != nil || got != current || r.drv.Version() != current {
		t.Fatalf("RefreshVersion: %v, %v; presented %v, want %v", got, err, r.drv.Version(), current)
	}
	conn, w = r.dial("")
	await[session.SignalCodes](w)
	conn.Close()

	r.drv.UseVersion(old) // older: ignored
	if got := r.drv.Version(); got != current {
		t.Errorf("version %v after UseVersion of an old one, want %v", got, current)
	}
	newer := session.Version{old[0], old[1], old[2] + 200}
	r.drv.UseVersion(newer)
	if got := r.drv.Version(); got != newer {
		t.Errorf("version %v after UseVersion, want %v", got, newer)
	}
	if got, err := r.drv.RefreshVersion(t.Context()); err != nil || got != newer {
		t.Errorf("RefreshVersion with an older answer: %v, %v, want %v kept", got, err, newer)
	}
	if err := r.svc.SetOutage(sandbox.OutageHTTP503); err != nil {
		t.Fatal(err)
	}
	if got, err := r.drv.RefreshVersion(t.Context()); err == nil || got != newer {
		t.Errorf("RefreshVersion during an outage: %v, %v, want an error and %v kept", got, err, newer)
	}
}
