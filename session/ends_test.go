package session_test

import (
	"errors"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

func TestEndsThatStay(t *testing.T) {
	cases := []struct {
		name    string
		signal  session.Signal
		state   string
		linked  bool
		desired bool
	}{
		{"logged out by the phone", session.SignalLoggedOut{Code: 401}, "SERVICE_OFF/logged_out", false, false},
		{"replaced", session.SignalReplaced{}, "SERVICE_OFF/replaced", true, false},
		{"banned", session.SignalBanned{Code: 101, Expire: time.Hour}, "SERVICE_OFF/banned", true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.linked("Toko", alice)
				dials := len(w.driver.Dials())
				conn := w.conn(id)
				conn.Tell(c.signal)
				conn.Tell(session.SignalClosed{}) // the library often sends both
				w.pass(30 * time.Minute)
				w.want(id, c.state)
				w.reopen()
				w.pass(10 * time.Minute)
				w.want(id, c.state)
				s := w.snap(id)
				if s.Linked() != c.linked || s.Desired != c.desired {
					t.Errorf("linked %v, desired %v; want %v, %v", s.Linked(), s.Desired, c.linked, c.desired)
				}
				if got := len(w.driver.Dials()); got != dials {
					t.Errorf("%d dials after the end, want none", got-dials)
				}
				links, err := w.driver.Links(t.Context())
				if err != nil || (len(links) == 1) != c.linked {
					t.Errorf("credentials left: %v (%v)", links, err)
				}
			})
		})
	}

	t.Run("a ban is shown with its end and refuses starts until then", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			end := time.Now().Add(2 * time.Hour)
			w.conn(id).Tell(session.SignalBanned{Code: 101, Expire: 2 * time.Hour})
			if got := w.snap(id).Until; !got.Equal(end) {
				t.Errorf("got end %v, want %v", got, end)
			}
			w.reopen()
			var banned *session.BannedError
			if _, err := w.StartDevice(t.Context(), id); !errors.As(err, &banned) || !banned.Until.Equal(end) {
				t.Errorf("got %v, want a refusal until %v", err, end)
			}
			w.pass(2*time.Hour + time.Second)
			w.start(id)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("outdated is tried once more with a fresh version, then stays off until the next start of the program", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			w.driver.HoldLogins(true)
			w.driver.AddLink(session.Account{JID: alice})
			id := w.add("Toko")
			if err := w.store.SaveLife(t.Context(), id, models.Life{JID: alice}, true); err != nil {
				t.Fatal(err)
			}
			w.reopen()
			w.start(id)
			w.conn(id).Tell(session.SignalOutdated{})
			w.settle()
			w.want(id, "PAIRING/restoring")
			w.conn(id).Tell(session.SignalOutdated{})
			w.settle()
			w.want(id, "SERVICE_OFF/outdated")
			w.pass(time.Hour)
			w.want(id, "SERVICE_OFF/outdated")
			w.driver.HoldLogins(false)
			w.reopen()
			w.settle()
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("after a log-out by the phone a start shows a new QR", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).Unlink()
			w.settle()
			w.want(id, "SERVICE_OFF/logged_out")
			w.start(id)
			w.want(id, "SERVICE_SCAN/qr")
			if err := w.conn(id).Scan(session.Account{JID: bob}); err != nil {
				t.Fatal(err)
			}
			w.settle()
			if got := w.snap(id).Number(); got != "6289876543210" {
				t.Errorf("linked anew to %s", got)
			}
		})
	})
}
