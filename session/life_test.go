package session_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wadah/session"
)

func TestLinking(t *testing.T) {
	t.Run("goes from off through QR and login to connected, and tells it in the timeline", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.want(id, "SERVICE_OFF/never_started")
			w.start(id)
			w.want(id, "SERVICE_SCAN/qr")
			if s := w.snap(id); s.QR == nil || s.QR.Expires.Sub(s.QR.From) != 60*time.Second {
				t.Fatalf("got QR %+v, want one valid for 60 s", s.QR)
			}
			if err := w.conn(id).Scan(session.Account{JID: alice, Name: "Toko", Platform: "android"}); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.want(id, "CONNECTED/ready")
			s := w.snap(id)
			if s.Account.JID != alice || s.Number() != "6281234567890" || s.QR != nil || s.LinkedAt.IsZero() {
				t.Errorf("got snapshot %+v, want the account and no QR", s)
			}
			want := []string{"PAIRING/connecting", "SERVICE_SCAN/qr", "PAIRING/authenticating", "CONNECTED/ready"}
			if got := w.story(id); !slices.Equal(got, want) {
				t.Errorf("got timeline %v, want %v", got, want)
			}
		})
	})

	t.Run("renews the QR as WhatsApp does, round after round, until the window ends", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			first := w.snap(id).QR.Text
			w.pass(61 * time.Second)
			second := w.snap(id).QR
			if second.Text == first {
				t.Fatal("the first code is still shown after 61 s")
			}
			if left := time.Until(second.Expires); left <= 0 || left > 20*time.Second {
				t.Errorf("second code is valid for %v more, want at most 20 s", left)
			}
			w.pass(100 * time.Second) // the round of 160 s is over
			w.want(id, "SERVICE_SCAN/qr")
			if n := len(w.driver.Dials()); n != 2 {
				t.Errorf("got %d dials, want a second round", n)
			}
			w.pass(10 * time.Minute)
			w.want(id, "SERVICE_OFF/not_scanned")
			if s := w.snap(id); s.QR != nil || s.Desired || len(w.driver.Conns(id)) != 0 {
				t.Errorf("after the window: QR %v, desired %v, %d connections; want none of it", s.QR, s.Desired, len(w.driver.Conns(id)))
			}
		})
	})

	t.Run("goes on while a browser watches", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			release := w.Watch(id)
			w.pass(time.Hour)
			w.want(id, "SERVICE_SCAN/qr")
			release()
			w.pass(9 * time.Minute)
			w.want(id, "SERVICE_SCAN/qr")
			w.pass(2 * time.Minute)
			w.want(id, "SERVICE_OFF/not_scanned")
		})
	})

	t.Run("a getQR keeps the window open", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			w.pass(9 * time.Minute)
			s, err := w.WaitCode(t.Context(), id)
			if err != nil || s.QR == nil {
				t.Fatalf("got QR %v, err %v", s.QR, err)
			}
			w.pass(9 * time.Minute)
			w.want(id, "SERVICE_SCAN/qr")
		})
	})

	t.Run("logs in by itself when WhatsApp forgets to close the linking connection", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			c := w.conn(id)
			if err := c.Claim(alice); err != nil {
				t.Fatal(err)
			}
			w.driver.AddLink(session.Account{JID: alice})
			c.Send(session.SignalLinked{Account: session.Account{JID: alice}})
			w.settle()
			w.want(id, "PAIRING/authenticating")
			w.pass(4 * time.Second)
			w.want(id, "CONNECTED/ready")
			if !c.Closed() {
				t.Error("the linking connection is still open")
			}
		})
	})

	t.Run("a failed link shows a new QR and leaves no link", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			c := w.conn(id)
			if err := c.Claim(alice); err != nil {
				t.Fatal(err)
			}
			c.Send(session.SignalLinkFailed{Err: errors.New("bad signature")})
			w.pass(2 * time.Second)
			w.want(id, "SERVICE_SCAN/qr")
			row, err := w.store.Device(t.Context(), id)
			if err != nil || row.JID != "" {
				t.Errorf("got stored link %q, err %v, want none", row.JID, err)
			}
		})
	})

	t.Run("refuses a link that another device has", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			w.linked("satu", alice)
			id := w.add("dua")
			w.start(id)
			if err := w.conn(id).Claim(alice); err == nil {
				t.Error("the same link was claimed twice")
			}
		})
	})

	t.Run("by phone number shows code and QR, and goes back to the QR when the code ends", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			s, err := w.PairPhone(t.Context(), id, "6281234567890")
			if err != nil {
				t.Fatal(err)
			}
			if s.State != session.StateScan || s.Reason != session.ReasonCode || s.Phone == nil || s.Phone.Text != "ABCD-EFGH" || s.QR == nil {
				t.Fatalf("got %s/%s, phone code %v, QR %v", s.State, s.Reason, s.Phone, s.QR)
			}
			w.pass(90 * time.Second)
			w.want(id, "SERVICE_SCAN/code")
			w.pass(71 * time.Second)
			w.want(id, "SERVICE_SCAN/qr")
			if w.snap(id).Phone != nil {
				t.Error("the expired phone code is still shown")
			}
		})
	})

	t.Run("the passkey step is its own reason, and ends in the login", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			c := w.conn(id)
			c.Send(session.SignalPasskey{Request: []byte(`{"challenge":"x"}`)})
			w.want(id, "PAIRING/passkey")
			if err := w.AnswerPasskey(t.Context(), id, []byte(`{"id":"y"}`)); err != nil {
				t.Fatal(err)
			}
			if got := string(c.Answers[0]); got != `{"id":"y"}` {
				t.Errorf("got answer %s", got)
			}
			c.Send(session.SignalPasskeyCode{Code: "123456", Confirm: true})
			if p := w.snap(id).Passkey; p == nil || p.Code != "123456" || !p.Confirm {
				t.Fatalf("got passkey %+v", p)
			}
			if err := w.ConfirmPasskey(t.Context(), id); err != nil || !c.Confirmed {
				t.Fatalf("confirm: err %v, reached the driver: %v", err, c.Confirmed)
			}
			if err := c.Scan(session.Account{JID: alice}); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.want(id, "CONNECTED/ready")
		})
	})

	t.Run("an unanswered passkey request ends", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			w.conn(id).Send(session.SignalPasskey{Request: []byte(`{}`)})
			w.pass(3*time.Minute + 2*time.Second)
			w.want(id, "SERVICE_SCAN/qr")
		})
	})
}

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
			w.conn(id).Send(session.SignalReplaced{})
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
		{"rejected", session.SignalRefused{Code: 409}, "SERVICE_OFF/rejected", true, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *fleet) {
				id := w.linked("Toko", alice)
				dials := len(w.driver.Dials())
				conn := w.conn(id)
				conn.Send(c.signal)
				conn.Send(session.SignalClosed{}) // the library often sends both
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
			w.conn(id).Send(session.SignalBanned{Code: 101, Expire: 2 * time.Hour})
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
			if err := w.store.ClaimLink(t.Context(), id, alice); err != nil {
				t.Fatal(err)
			}
			w.reopen()
			w.start(id)
			w.conn(id).Send(session.SignalOutdated{})
			w.settle()
			w.want(id, "PAIRING/restoring")
			w.conn(id).Send(session.SignalOutdated{})
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

func TestUnlinking(t *testing.T) {
	t.Run("log out of a connected device is confirmed by WhatsApp", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			got, err := w.LogoutDevice(t.Context(), id)
			if err != nil || got != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got, err)
			}
			w.want(id, "SERVICE_OFF/logged_out")
			w.settle()
			if w.snap(id).Linked() || len(w.driver.Conns(id)) != 0 {
				t.Error("link or connection left")
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
			if err != nil || got != session.UnlinkConfirmed {
				t.Fatalf("got %q, %v", got, err)
			}
			w.want(id, "SERVICE_OFF/logged_out")
		})
	})

	t.Run("without WhatsApp the link is forgotten here and the answer says so", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.linked("Toko", alice)
			w.conn(id).LogoutErr = errors.New("no answer")
			got, err := w.LogoutDevice(t.Context(), id)
			if err != nil || got != session.UnlinkUnconfirmed {
				t.Fatalf("got %q, %v", got, err)
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

func TestRepairAtStart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		claimed := w.add("claimed, never saved")
		finished := w.linked("log-out cut short", alice)
		if err := w.store.ClaimLink(t.Context(), claimed, "6280000000000:1@s.whatsapp.net"); err != nil {
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

func TestPhoneCodeBeforeTheDialReturns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		// The driver shows its codes and only then comes back from the dial.
		slow := make(chan struct{})
		w.driver.SetAfterCodes(func() { <-slow })
		id := w.add("Toko")
		time.AfterFunc(time.Second, func() { close(slow) })
		s, err := w.PairPhone(t.Context(), id, "6281234567890")
		if err != nil || s.Reason != session.ReasonCode {
			t.Errorf("got %s/%s, %v; want the code", s.State, s.Reason, err)
		}
	})
}
