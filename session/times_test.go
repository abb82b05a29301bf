package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wadah/session"
)

func TestSetTimes(t *testing.T) {
	set := func(w *fleet, window, grace time.Duration) {
		w.t.Helper()
		if err := w.SetTimes(w.t.Context(), session.Times{ScanWindow: window, Grace: grace}); err != nil {
			w.t.Fatal(err)
		}
	}

	t.Run("a shorter scan window ends what has lasted longer, a longer one goes on", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			set(w, 30*time.Minute, time.Minute)
			w.pass(20 * time.Minute)
			w.want(id, "SERVICE_SCAN/qr")
			set(w, 25*time.Minute, time.Minute)
			w.settle()
			w.want(id, "SERVICE_SCAN/qr")
			w.pass(5*time.Minute + time.Second)
			w.want(id, "SERVICE_OFF/not_scanned")

			w.start(id)
			w.pass(5 * time.Minute)
			set(w, time.Minute, time.Minute)
			w.settle()
			w.want(id, "SERVICE_OFF/not_scanned")
		})
	})

	t.Run("a grace time counts from when WhatsApp went out of reach", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			away := func() {
				w.driver.SetOnDial(func(context.Context, session.Target) error { return errors.New("unreachable") })
				w.conn(id).Tell(session.SignalClosed{})
				w.settle()
			}
			away()
			set(w, time.Hour, 10*time.Minute)
			w.pass(8 * time.Minute)
			w.want(id, "PAIRING/reconnecting")
			set(w, time.Hour, 5*time.Minute)
			w.settle()
			w.want(id, "SERVICE_OFF/network")
			set(w, time.Hour, time.Hour) // too late
			w.settle()
			w.want(id, "SERVICE_OFF/network")

			w.driver.SetOnDial(nil)
			w.pass(2 * time.Minute)
			w.want(id, "CONNECTED/ready")
			away()
			w.pass(40 * time.Minute)
			w.want(id, "PAIRING/reconnecting")
			w.pass(21 * time.Minute)
			w.want(id, "SERVICE_OFF/network")
		})
	})

	t.Run("is remembered, unless the program is told otherwise at its start", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			want := session.Times{ScanWindow: 7 * time.Minute, Grace: 45 * time.Second}
			set(w, want.ScanWindow, want.Grace)
			w.reopen()
			if got := w.Times(); got != want {
				t.Errorf("after a restart %+v, want %+v", got, want)
			}
			w.close()
			cfg := session.DefaultConfig()
			cfg.ScanWindow, cfg.Fixed.ScanWindow = 3*time.Minute, true
			w.open(cfg)
			if got := w.Times(); got != (session.Times{ScanWindow: 3 * time.Minute, Grace: want.Grace}) {
				t.Errorf("with a scan window given: %+v", got)
			}
			changed := w.Times()
			changed.ScanWindow = time.Hour
			if err := w.SetTimes(t.Context(), changed); !errors.Is(err, session.ErrTimeFixed) {
				t.Errorf("changing it: %v", err)
			}
			set(w, 3*time.Minute, time.Minute)
		})
	})

	t.Run("out of bounds is refused and changes nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			before := w.Times()
			for _, c := range []struct {
				session.Times
				window, grace bool
			}{
				{session.Times{ScanWindow: 59 * time.Second, Grace: time.Minute}, true, false},
				{session.Times{ScanWindow: 24*time.Hour + 1, Grace: time.Minute}, true, false},
				{session.Times{ScanWindow: time.Hour, Grace: 9 * time.Second}, false, true},
				{session.Times{ScanWindow: time.Hour, Grace: time.Hour + 1}, false, true},
				{session.Times{}, true, true},
			} {
				err := w.SetTimes(t.Context(), c.Times)
				if errors.Is(err, session.ErrScanWindow) != c.window || errors.Is(err, session.ErrGrace) != c.grace {
					t.Errorf("%+v: %v", c.Times, err)
				}
			}
			if got := w.Times(); got != before {
				t.Errorf("now %+v", got)
			}
		})
	})

	t.Run("what is stored and unusable is ignored", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			for name, value := range map[string]string{"scan_window": "soon", "grace": "-5m"} {
				if err := w.store.SetSetting(t.Context(), name, value); err != nil {
					t.Fatal(err)
				}
			}
			w.reopen()
			if got := w.Times(); got != session.DefaultConfig().Times {
				t.Errorf("got %+v", got)
			}
		})
	})
}
