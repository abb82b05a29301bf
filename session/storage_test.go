package session_test

import (
	"fmt"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

// A device whose storage fails is off, says so, and comes back by itself.
func TestStorageFails(t *testing.T) {
	failure := fmt.Errorf("insert: %w", session.ErrStorage)
	t.Run("while it is connected", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			first := w.conn(id)
			first.Send(session.SignalStorage{Err: failure})
			w.wantStorage(id)
			if !first.Closed() {
				t.Error("the connection is still open")
			}
			w.pass(4 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})
	for name, err := range map[string]error{
		"while a phone links it, in the driver": failure,
		"while a phone links it, in our tables": fmt.Errorf("the link was refused: %w", models.ErrStorage),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.add("Toko")
				w.start(id)
				w.conn(id).Send(session.SignalLinkFailed{Err: err})
				w.wantStorage(id)
				if s := w.snap(id); s.QR != nil || s.Linked() {
					t.Errorf("QR %v, linked %v; want neither", s.QR, s.Linked())
				}
				w.pass(4 * time.Second)
				w.want(id, "SERVICE_SCAN/qr")
			})
		})
	}
	t.Run("again and again, ever more seldom", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			before := len(w.driver.Dials())
			for until := time.Now().Add(10 * time.Minute); time.Now().Before(until); w.pass(time.Second) {
				if c := w.driver.Conn(id); c != nil {
					c.Send(session.SignalStorage{Err: failure})
				}
			}
			if n := len(w.driver.Dials()) - before; n < 10 || n > 60 {
				t.Errorf("%d dials in ten minutes of failing storage, want a try a minute at the least and no storm", n)
			}
		})
	})
}

// wantStorage waits a moment for what is due, not for the next try.
func (w *fleet) wantStorage(id string) {
	w.t.Helper()
	w.pass(time.Millisecond)
	w.want(id, "SERVICE_OFF/storage")
	if s := w.snap(id); !s.Retrying || !s.Desired {
		w.t.Errorf("retrying %v, desired %v; want both", s.Retrying, s.Desired)
	}
}
