package session_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wadah/session"
)

// refuse makes WhatsApp answer every connection with a refusal.
func (w *fleet) refuse(code int) {
	w.driver.SetAnswer(func(session.Target) session.Signal { return session.SignalRefused{Code: code} })
}

// A refusal that passes switches nothing off for good, whatever its code.
func TestRefusalPasses(t *testing.T) {
	for _, code := range []int{400, 404, 407, 409, 411, 413, 414, 418, 429, 501} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				linked, fresh := w.linked("Toko", alice), w.add("Kasir")
				w.refuse(code)
				w.conn(linked).Tell(session.SignalClosed{})
				w.start(fresh)
				w.pass(2 * time.Second)
				for _, id := range []string{linked, fresh} {
					w.want(id, "SERVICE_OFF/rejected")
					s := w.snap(id)
					if !s.Retrying || !s.Desired || s.Detail != fmt.Sprint(code) || !s.NextTry.After(time.Now()) {
						t.Errorf("retrying %v, desired %v, detail %q, next try in %v", s.Retrying, s.Desired, s.Detail, time.Until(s.NextTry))
					}
				}
				w.reopen() // a restart of the program knows that they are wanted
				w.pass(time.Minute)
				w.want(linked, "SERVICE_OFF/rejected")
				w.driver.SetAnswer(nil)
				w.pass(61 * time.Second)
				w.want(linked, "CONNECTED/ready")
				w.want(fresh, "SERVICE_SCAN/qr")
				if s := w.snap(linked); s.Detail != "" || s.Retrying {
					t.Errorf("connected, and detail %q, retrying %v", s.Detail, s.Retrying)
				}
			})
		})
	}
}

// WhatsApp wants fewer requests for six seconds: a whole fleet waits a while and comes
// back; and while it goes on saying so the tries become fewer.
func TestTooManyRequests(t *testing.T) {
	t.Run("a fleet comes back", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			const size = 20
			ids := make([]string, size)
			for i := range ids {
				ids[i] = w.linked(fmt.Sprintf("toko %d", i), fmt.Sprintf("62812%08d:1@s.whatsapp.net", i))
			}
			w.refuse(429)
			for _, id := range ids {
				w.conn(id).Tell(session.SignalClosed{})
			}
			w.pass(6 * time.Second)
			for _, id := range ids {
				w.want(id, "SERVICE_OFF/rejected")
			}
			w.driver.SetAnswer(nil)
			w.pass(20 * time.Second)
			for _, id := range ids {
				w.want(id, "CONNECTED/ready")
			}
		})
	})

	t.Run("the pauses grow to a minute, and no impatience cuts them short", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.refuse(429)
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(2 * time.Second)
			first := len(w.driver.Dials()) - 1
			for range 600 {
				w.start(id)
				w.pass(time.Second)
			}
			dials := w.driver.Dials()[first:]
			for i := 1; i < len(dials); i++ {
				least, most := []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}[min(i-1, 2)], []time.Duration{20 * time.Second, 40 * time.Second, time.Minute}[min(i-1, 2)]
				if pause := dials[i].Sub(dials[i-1]); pause < least || pause > most+time.Second {
					t.Errorf("pause %d is %v, want %v to %v", i, pause, least, most)
				}
			}
			if len(dials) < 10 {
				t.Errorf("%d tries in ten minutes", len(dials))
			}
		})
	})
}

// What an off device that tries again tells follows what it meets.
func TestRefusedThenOutOfReach(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		w.refuse(409)
		w.conn(id).Tell(session.SignalClosed{})
		w.pass(2 * time.Second)
		w.want(id, "SERVICE_OFF/rejected")
		w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
		w.pass(time.Minute)
		w.want(id, "SERVICE_OFF/rejected") // it may be the device's own moment
		if s := w.snap(id); s.Detail != "409" {
			t.Errorf("detail %q", s.Detail)
		}
		w.pass(3 * time.Minute)
		w.want(id, "SERVICE_OFF/network")
		if s := w.snap(id); s.Detail != "" || !s.Retrying {
			t.Errorf("detail %q, retrying %v", s.Detail, s.Retrying)
		}
		w.driver.SetOnDial(nil)
		w.pass(61 * time.Second)
		w.want(id, "SERVICE_OFF/rejected")
	})
}
