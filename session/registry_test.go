package session_test

import (
	"errors"
	"testing"

	"wadah/session"
)

func TestFind(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		row, _, err := w.store.CreateDevice(t.Context(), "dari baris perintah")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if snap, err := w.Find(t.Context(), row.ID); err != nil || snap.Name != row.Name {
				t.Errorf("%+v, %v", snap, err)
			}
		}
		if _, err := w.Find(t.Context(), "nobody"); !errors.Is(err, session.ErrNoDevice) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestTooManyDevices(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		w.close()
		cfg := session.DefaultConfig()
		cfg.MaxDevices = 1
		w.open(cfg)
		w.add("Kasir")
		if _, _, err := w.AddDevice(t.Context(), "Gudang"); !errors.Is(err, session.ErrTooManyDevices) || len(w.Snapshots()) != 1 {
			t.Errorf("%d devices, %v", len(w.Snapshots()), err)
		}
	})
}

// Ensure that switching the default device off touches no other, and that commands return
// what they have led to.
func TestDefaultDevice(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		one, two := w.add("Kasir"), w.add("Gudang")
		for _, step := range []struct {
			id           string
			on           bool
			is, one, two bool
		}{{one, true, true, true, false}, {two, false, false, true, false}, {two, true, true, false, true}, {two, false, false, false, false}} {
			snap, err := w.SetDefaultDevice(t.Context(), step.id, step.on)
			if err != nil || snap.ID != step.id || snap.Default != step.is || w.snap(one).Default != step.one || w.snap(two).Default != step.two {
				t.Errorf("%+v: %v, one %v, two %v, %v", step, snap.Default, w.snap(one).Default, w.snap(two).Default, err)
			}
		}
		if snap, err := w.RenameDevice(t.Context(), one, "  Kasir depan "); err != nil || snap.Name != "Kasir depan" {
			t.Errorf("renamed to %q, %v", snap.Name, err)
		}
	})
}
