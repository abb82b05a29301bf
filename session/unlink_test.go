package session_test

import (
	"context"
	"errors"
	"testing"

	"wadah/session"
)

func TestUnlinking(t *testing.T) {
	t.Run("log out of a connected device is confirmed by WhatsApp", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			got, err := w.LogoutDevice(t.Context(), id)
			if err != nil || got.Link != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			if got.State != session.StateOff || got.Linked() || got.Desired {
				t.Errorf("the answer says %s, linked %v, desired %v", got.State, got.Linked(), got.Desired)
			}
			w.want(id, "SERVICE_OFF/logged_out")
			w.settle()
			if w.snap(id).Linked() || len(w.driver.Conns(id)) != 0 {
				t.Error("link or connection left")
			}
		})
	})

	t.Run("also when WhatsApp ends the connection before it answers; the timeline says who did it", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			conn := w.conn(id)
			conn.OnLogout = func(context.Context) error { conn.Unlink(); return errors.New("the connection ended") }
			if got, err := w.LogoutDevice(t.Context(), id); err != nil || got.Link != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			rows, err := w.Events(t.Context(), id, 1)
			if err != nil || len(rows) != 1 || rows[0].From != "CONNECTED" || rows[0].Detail != "confirmed" {
				t.Errorf("the timeline says %+v, %v", rows, err)
			}
		})
	})

	t.Run("log out of a stopped device connects once more to tell the phone", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			if _, err := w.StopDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			got, err := w.LogoutDevice(t.Context(), id)
			if err != nil || got.Link != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			w.want(id, "SERVICE_OFF/logged_out")
		})
	})

	t.Run("without WhatsApp the link is forgotten here and the answer says so", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).LogoutErr = errors.New("no answer")
			got, err := w.LogoutDevice(t.Context(), id)
			if err != nil || got.Link != session.UnlinkUnconfirmed {
				t.Fatalf("got %q, %v", got.Link, err)
			}
			w.settle()
			if links, err := w.driver.Links(t.Context()); err != nil || len(links) != 0 {
				t.Errorf("credentials left: %v (%v)", links, err)
			}
		})
	})

	t.Run("delete removes the device everywhere, also twice at once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			watch, cancel := w.Hub().Subscribe(16)
			defer cancel()
			errs := make(chan error, 2)
			for range 2 {
				go func() { _, err := w.DeleteDevice(t.Context(), id); errs <- err }()
			}
			var refused int
			for range 2 {
				if err := <-errs; errors.Is(err, session.ErrBusy) || errors.Is(err, session.ErrNoDevice) {
					refused++
				} else if err != nil {
					t.Errorf("delete: %v", err)
				}
			}
			if refused != 1 {
				t.Errorf("%d of 2 deletes were refused, want 1", refused)
			}
			w.settle()
			if _, err := w.Snapshot(id); !errors.Is(err, session.ErrNoDevice) {
				t.Errorf("got %v, want ErrNoDevice", err)
			}
			var last session.Snapshot
			for len(watch) > 0 {
				last = <-watch
			}
			if !last.Deleted {
				t.Error("the watchers were not told")
			}
			if links, err := w.driver.Links(t.Context()); err != nil || len(links) != 0 {
				t.Errorf("credentials left: %v (%v)", links, err)
			}
		})
	})

	t.Run("a start while unlinking is refused", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			hold := make(chan struct{})
			w.conn(id).OnLogout = func(context.Context) error { <-hold; return nil }
			done := make(chan error, 1)
			go func() { _, err := w.LogoutDevice(t.Context(), id); done <- err }()
			w.settle()
			if _, err := w.StartDevice(t.Context(), id); !errors.Is(err, session.ErrBusy) {
				t.Errorf("got %v, want ErrBusy", err)
			}
			close(hold)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			w.start(id)
			w.want(id, "SERVICE_SCAN/qr")
		})
	})
}
