package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"wadah/session"
)

// The phone unlinks a device at the very moment it is stopped.
func TestUnlinkedWhileStopping(t *testing.T) {
	t.Run("and the news comes late", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			conn := w.conn(id)
			w.stop(id)
			conn.Tell(session.SignalLoggedOut{Code: 401})
			w.wantUnlinked(id)
		})
	})

	t.Run("and the news is lost", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			if err := w.driver.Forget(t.Context(), alice); err != nil {
				t.Fatal(err)
			}
			w.stop(id)
			w.wantUnlinked(id)
		})
	})

	t.Run("but a device that was linked anew is not touched", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			old := w.conn(id)
			if _, err := w.RestartDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.settle()
			old.Tell(session.SignalLoggedOut{Code: 401})
			w.settle()
			w.want(id, "CONNECTED/ready")
		})
	})
}

// The program ends while WhatsApp is being asked to unlink a device.
func TestLogoutIsResumed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.conn(id).OnLogout = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		answer := make(chan error, 1)
		go func() {
			_, err := w.LogoutDevice(t.Context(), id)
			answer <- err
		}()
		synctest.Wait()
		w.close()
		if err := <-answer; !errors.Is(err, session.ErrShuttingDown) {
			t.Errorf("the interrupted log-out: %v, want ErrShuttingDown", err)
		}
		if links, err := w.driver.Links(t.Context()); err != nil || len(links) != 1 {
			t.Errorf("credentials %v, %v; want them kept for the next try", links, err)
		}
		w.open(session.DefaultConfig())
		w.wantUnlinked(id)
		if told := w.story(id); !slices.Contains(told, "SERVICE_OFF/stopped") {
			t.Errorf("the timeline %v does not tell of the repair", told)
		}
	})
}

func (w *fleet) stop(id string) {
	w.t.Helper()
	if _, err := w.StopDevice(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
}

// wantUnlinked insists that the device is logged out, also after a restart.
func (w *fleet) wantUnlinked(id string) {
	w.t.Helper()
	w.settle()
	w.want(id, "SERVICE_OFF/logged_out")
	if s := w.snap(id); s.Linked() || s.Desired {
		w.t.Errorf("linked %v, desired %v; want neither", s.Linked(), s.Desired)
	}
	if links, err := w.driver.Links(w.t.Context()); err != nil || len(links) > 0 {
		w.t.Errorf("credentials %v, %v; want none", links, err)
	}
	w.reopen()
	w.want(id, "SERVICE_OFF/logged_out")
}
