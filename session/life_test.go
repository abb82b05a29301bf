package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
)

func TestStop(t *testing.T) {
	t.Run("keeps the link and survives a restart of the program", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			if _, err := w.StopDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.want(id, "SERVICE_OFF/stopped")
			if len(w.driver.Conns(id)) != 0 {
				t.Error("a connection is left after the stop")
			}
			w.reopen()
			w.pass(time.Minute)
			w.want(id, "SERVICE_OFF/stopped")
			if !w.snap(id).Linked() {
				t.Error("the link is gone")
			}
			w.start(id)
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("twice is once, and keeps an earlier reason", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).Tell(session.SignalReplaced{})
			w.want(id, "SERVICE_OFF/replaced")
			for range 2 {
				if _, err := w.StopDevice(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			w.want(id, "SERVICE_OFF/replaced")
		})
	})

	t.Run("during a dial that hangs answers within 5 s", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			w.driver.SetOnDial(func(ctx context.Context, _ session.Target) error { <-ctx.Done(); return ctx.Err() })
			id := w.add("Toko")
			w.start(id)
			w.want(id, "PAIRING/connecting")
			began := time.Now()
			if _, err := w.StopDevice(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			w.want(id, "SERVICE_OFF/stopped")
		})
	})

	t.Run("right after the claim keeps what the driver saved, and clears what it did not", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			for _, saved := range []bool{true, false} {
				id := w.add("Toko " + map[bool]string{true: "saved", false: "unsaved"}[saved])
				w.start(id)
				jid := map[bool]string{true: alice, false: bob}[saved]
				if err := w.conn(id).Claim(jid); err != nil {
					t.Fatal(err)
				}
				if saved {
					w.driver.AddLink(session.Account{JID: jid})
				}
				if _, err := w.StopDevice(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				if got := w.snap(id).Linked(); got != saved {
					t.Errorf("credentials saved: %v, device linked: %v", saved, got)
				}
				w.start(id)
				want := map[bool]string{true: "CONNECTED/ready", false: "SERVICE_SCAN/qr"}[saved]
				w.want(id, want)
			}
		})
	})
}

func TestRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		id := w.linked("Toko", alice)
		before := w.conn(id)
		if _, err := w.RestartDevice(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.want(id, "CONNECTED/ready")
		if !before.Closed() || w.conn(id) == before {
			t.Error("the old connection is still in use")
		}
	})
}

func TestRepairAtStart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		claimed := w.add("claimed, never saved")
		finished := w.linked("log-out cut short", alice)
		if err := w.store.SaveLife(t.Context(), claimed, models.Life{JID: "6280000000000:1@s.whatsapp.net"}, true); err != nil {
			t.Fatal(err)
		}
		w.close()
		if err := w.driver.Forget(t.Context(), alice); err != nil { // killed before our row was cleared
			t.Fatal(err)
		}
		w.driver.AddLink(session.Account{JID: "628999:1@s.whatsapp.net"}) // killed before the row of a delete's end
		w.pass(time.Second)                                               // no program starts in the millisecond another one died in
		w.open(session.DefaultConfig())
		w.settle()

		w.want(claimed, "SERVICE_OFF/never_started")
		w.want(finished, "SERVICE_OFF/logged_out")
		for _, id := range []string{claimed, finished} {
			if w.snap(id).Linked() {
				t.Errorf("%s is still linked", w.snap(id).Name)
			}
			rows, err := w.Events(t.Context(), id, 1)
			if err != nil || len(rows) == 0 || !strings.HasPrefix(rows[0].Detail, "repaired") {
				t.Errorf("%s: the timeline does not tell of the repair: %+v (%v)", w.snap(id).Name, rows, err)
			}
		}
		if links, err := w.driver.Links(t.Context()); err != nil || len(links) != 0 {
			t.Errorf("credentials nobody claims are left: %v (%v)", links, err)
		}
	})
}

func TestProgramRestartBringsBackWhatWasOn(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		on := w.linked("on", alice)
		off := w.linked("off", bob)
		if _, err := w.StopDevice(t.Context(), off); err != nil {
			t.Fatal(err)
		}
		w.reopen()
		w.pass(time.Second)
		w.want(on, "CONNECTED/ready")
		w.want(off, "SERVICE_OFF/stopped")
	})
}

func TestSyncPicksUpDevicesAddedElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		row, _, err := w.store.CreateDevice(t.Context(), "dari baris perintah")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Snapshot(row.ID); !errors.Is(err, session.ErrNoDevice) {
			t.Fatalf("got %v before the sync", err)
		}
		if err := w.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.want(row.ID, "SERVICE_OFF/never_started")
		w.start(row.ID)
		w.want(row.ID, "SERVICE_SCAN/qr")
	})
}
