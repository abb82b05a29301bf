package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"wadah/session"
)

var errDown = errors.New("connection refused")

func TestReconnect(t *testing.T) {
	t.Run("a lost connection is made again at once, and shown meanwhile", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).Tell(session.SignalClosed{})
			w.want(id, "PAIRING/reconnecting")
			w.pass(1100 * time.Millisecond)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a silent connection is given up and made again", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			silent := w.conn(id)
			silent.Tell(session.SignalSilent{})
			w.want(id, "PAIRING/reconnecting")
			w.pass(1100 * time.Millisecond)
			w.want(id, "CONNECTED/ready")
			if !silent.Closed() {
				t.Error("the silent connection is still open")
			}
		})
	})

	t.Run("signals of an old connection change nothing", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			old := w.conn(id)
			old.Tell(session.SignalClosed{})
			w.pass(1100 * time.Millisecond)
			for _, s := range []session.Signal{
				session.SignalReplaced{},
				session.SignalLoggedOut{Code: 401},
				session.SignalBanned{},
				session.SignalClosed{},
				session.SignalSilent{},
				session.SignalOutdated{},
				session.SignalRefused{},
				session.SignalCodes{Codes: []session.Code{{Text: "x", Valid: time.Minute}}},
			} {
				old.Tell(s)
				w.want(id, "CONNECTED/ready")
			}
		})
	})

	t.Run("out of reach shows off/network after the grace time, goes on trying, and comes back", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(119 * time.Second)
			w.want(id, "PAIRING/reconnecting")
			w.pass(2 * time.Second)
			w.want(id, "SERVICE_OFF/network")
			if s := w.snap(id); !s.Retrying || !s.Desired {
				t.Errorf("retrying %v, desired %v, want both", s.Retrying, s.Desired)
			}
			if s := w.snap(id); s.NextTry.IsZero() || time.Until(s.NextTry) > time.Minute {
				t.Errorf("the next try is told for %v", s.NextTry)
			}
			before := len(w.driver.Dials())
			w.pass(time.Hour)
			tries := len(w.driver.Dials()) - before
			if tries < 60 || tries > 400 {
				t.Errorf("%d tries in an hour, want one every 30 s on average", tries)
			}
			w.driver.SetOnDial(nil)
			w.pass(61 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("started while WhatsApp is out of reach ends well too", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
			w.reopen()
			w.pass(30 * time.Second)
			w.want(id, "PAIRING/restoring")
			w.pass(10 * time.Minute)
			w.want(id, "SERVICE_OFF/network")
			w.driver.SetOnDial(nil)
			w.pass(61 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a start while it waits tries at once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(20 * time.Minute)
			w.driver.SetOnDial(nil)
			w.want(id, "SERVICE_OFF/network")
			next := w.snap(id).NextTry
			if !next.After(time.Now()) {
				t.Fatalf("the next try is told for %v, it is %v", next, time.Now())
			}
			if s, err := w.StartDevice(t.Context(), id); err != nil || !s.NextTry.IsZero() {
				t.Errorf("the next try is still told for %v (%v)", s.NextTry, err)
			}
			w.pass(time.Second)
			w.want(id, "CONNECTED/ready")
			if s := w.snap(id); !s.NextTry.IsZero() {
				t.Errorf("connected, and the next try is told for %v", s.NextTry)
			}
		})
	})

	t.Run("a connection that breaks again and again is made ever more slowly, until it is stable", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			begin := len(w.driver.Dials())
			deadline := time.Now().Add(30 * time.Minute)
			for time.Now().Before(deadline) {
				if c := w.driver.Conn(id); c != nil && w.state(id) == "CONNECTED/ready" {
					c.Tell(session.SignalClosed{})
				}
				w.pass(500 * time.Millisecond)
			}
			if n := len(w.driver.Dials()) - begin; n > 150 {
				t.Errorf("%d connections in 30 minutes of breaking", n)
			}
			w.pass(time.Minute + 3*time.Minute) // back, and stable
			w.want(id, "CONNECTED/ready")
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(1100 * time.Millisecond)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a login that is never answered has a deadline", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.HoldLogins(true)
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(3 * time.Second)
			hanging := w.conn(id)
			w.pass(30 * time.Second)
			if !hanging.Closed() {
				t.Error("the unanswered login is still open after 33 s")
			}
			w.driver.HoldLogins(false)
			w.pass(61 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a proxy that fails is shown, and tried again", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { return &session.ProxyError{Err: errDown} })
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(2 * time.Second)
			w.want(id, "SERVICE_OFF/proxy_failed")
			if s := w.snap(id); !s.Retrying || !s.Desired {
				t.Errorf("retrying %v, desired %v, want both", s.Retrying, s.Desired)
			}
			w.pass(time.Hour)
			w.want(id, "SERVICE_OFF/proxy_failed")
			w.driver.SetOnDial(nil)
			w.pass(61 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a store that fails is shown, and tried again", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { return fmt.Errorf("load: %w", session.ErrStorage) })
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(2 * time.Second)
			w.want(id, "SERVICE_OFF/storage")
			if !w.snap(id).Retrying {
				t.Error("it does not say that it tries again")
			}
			w.driver.SetOnDial(nil)
			w.pass(2 * time.Minute)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("a driver that panics harms nobody else", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			other := w.linked("lain", bob)
			id := w.linked("Toko", alice)
			w.driver.SetOnDial(func(context.Context, session.Target) error { panic("boom") })
			w.conn(id).Tell(session.SignalClosed{})
			w.pass(5 * time.Second)
			w.want(id, "PAIRING/reconnecting")
			w.want(other, "CONNECTED/ready")
			w.driver.SetOnDial(nil)
			w.pass(61 * time.Second)
			w.want(id, "CONNECTED/ready")
		})
	})
}

// TestFleetOutage holds the governor to its word: 300 devices, an outage of 30 s in
// each of its forms; all back within 10 s, and never more dials in a second than allowed.
func TestFleetOutage(t *testing.T) {
	forms := map[string]func(ctx context.Context) error{
		"refused": func(context.Context) error { return errDown },
		"silent": func(ctx context.Context) error {
			select { // the driver's own limit
			case <-ctx.Done():
			case <-time.After(20 * time.Second):
			}
			return context.DeadlineExceeded
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				const size = 300
				ids := make([]string, size)
				for i := range ids {
					ids[i] = w.linked(fmt.Sprintf("toko %d", i), fmt.Sprintf("62812%08d:1@s.whatsapp.net", i))
				}
				w.pass(3 * time.Minute)
				mark := len(w.driver.Dials())

				w.driver.SetOnDial(func(ctx context.Context, _ session.Target) error { return form(ctx) })
				for _, id := range ids {
					w.conn(id).Tell(session.SignalClosed{})
				}
				w.pass(30 * time.Second)
				w.driver.SetOnDial(nil)
				w.pass(10 * time.Second)
				back := 0
				for _, id := range ids {
					if w.state(id) == "CONNECTED/ready" {
						back++
					}
				}
				if back != size {
					t.Errorf("%d of %d are back 10 s after the outage", back, size)
				}
				if most := busiestSecond(w.driver.Dials()[mark:]); most > 100 {
					t.Errorf("%d dials within one second, allowed are 100", most)
				}
			})
		})
	}
}

// A slow line is no outage: handshakes that take their time are neither ended nor made
// to wait for each other, also when few may be at work at once, and also after an outage.
func TestSlowLine(t *testing.T) {
	const size, handshake = 60, 9 * time.Second // three round trips of 3 s
	for _, atOnce := range []int{8, 32} {
		t.Run(fmt.Sprintf("%d at once", atOnce), func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				ids := make([]string, size)
				for i := range ids {
					ids[i] = w.linked(fmt.Sprintf("toko %d", i), fmt.Sprintf("62812%08d:1@s.whatsapp.net", i))
				}
				w.close()
				cfg := session.DefaultConfig()
				cfg.DialsAtOnce = atOnce
				cut := 0
				slow := func(ctx context.Context, _ session.Target) error {
					select {
					case <-time.After(handshake):
						return nil
					case <-ctx.Done():
						cut++
						return ctx.Err()
					}
				}
				w.driver.SetOnDial(slow)
				w.open(cfg)
				w.pass(12 * time.Second)
				w.allAre(ids, "CONNECTED/ready")

				// All fail at once, and the first that gets through ends the outage for all.
				w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
				for _, id := range ids {
					w.conn(id).Tell(session.SignalClosed{})
				}
				w.pass(30 * time.Second)
				w.driver.SetOnDial(slow)
				w.pass(22 * time.Second) // to the next probe, and twice a handshake
				w.allAre(ids, "CONNECTED/ready")
				if cut > 0 {
					t.Errorf("%d handshakes were cut short", cut)
				}
			})
		})
	}
}

func (w *fleet) allAre(ids []string, state string) {
	w.t.Helper()
	others := map[string]int{}
	for _, id := range ids {
		if got := w.state(id); got != state {
			others[got]++
		}
	}
	if len(others) > 0 {
		w.t.Errorf("not all of %d are %s: %v", len(ids), state, others)
	}
}

// busiestSecond is the greatest number of times within any second.
func busiestSecond(times []time.Time) int {
	most, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= time.Second {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func TestShutdownLeavesNothing(t *testing.T) {
	// synctest fails a test whose bubble still has goroutines when it ends, so each of
	// these asserts that a shutdown in that moment ends everything.
	moments := map[string]func(w *fleet, id string){
		"while a dial hangs": func(w *fleet, id string) {
			w.driver.SetOnDial(func(ctx context.Context, _ session.Target) error { <-ctx.Done(); return ctx.Err() })
			w.start(id)
		},
		"while a QR shows": func(w *fleet, id string) { w.start(id) },
		"while it waits to try again": func(w *fleet, id string) {
			w.driver.SetOnDial(func(context.Context, session.Target) error { return errDown })
			w.start(id)
			w.pass(5 * time.Minute)
		},
		"right after a start": func(w *fleet, id string) {
			if _, err := w.StartDevice(w.t.Context(), id); err != nil {
				w.t.Fatal(err)
			}
		},
	}
	for name, moment := range moments {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.add("Toko")
				moment(w, id)
				w.reopen()
				synctest.Wait()
				if s := w.snap(id); !s.Desired {
					t.Error("the shutdown changed what is desired")
				}
			})
		})
	}
}
