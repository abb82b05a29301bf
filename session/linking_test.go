package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
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
			c.Tell(session.SignalLinked{Account: session.Account{JID: alice}})
			w.settle()
			w.want(id, "PAIRING/authenticating")
			w.pass(4 * time.Second)
			w.want(id, "CONNECTED/ready")
			if !c.Closed() {
				t.Error("the linking connection is still open")
			}
		})
	})

	t.Run("so does every look at a code that is shown, until nobody looks any more", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			for range 5 {
				w.pass(9 * time.Minute)
				w.want(id, "SERVICE_SCAN/qr")
				w.ExtendScanWindow(id)
			}
			w.pass(9*time.Minute + 50*time.Second)
			w.want(id, "SERVICE_SCAN/qr")
			w.pass(time.Minute)
			w.want(id, "SERVICE_OFF/not_scanned")
			w.ExtendScanWindow(id) // too late, and no start
			w.pass(time.Second)
			w.want(id, "SERVICE_OFF/not_scanned")
		})
	})

	t.Run("who asks in the moment when a code ends gets the next one", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			for range 6 {
				w.pass(time.Until(w.snap(id).QR.Expires) - time.Nanosecond)
				<-time.After(time.Nanosecond)
				s, err := w.WaitCode(t.Context(), id)
				if err != nil || s.QR == nil || !time.Now().Before(s.QR.Expires) {
					t.Fatalf("got %s/%s, QR %+v, err %v", s.State, s.Reason, s.QR, err)
				}
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
			c.Tell(session.SignalLinkFailed{Err: errors.New("bad signature")})
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
			s, err := w.PairPhone(t.Context(), id, "6281234567890", false)
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

	t.Run("asking again for the same number gives the code that is being typed", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			const number, other = "6281234567890", "6289876543210"
			first, err := w.PairPhone(t.Context(), id, number, false)
			if err != nil {
				t.Fatal(err)
			}
			ask := func(number string, renew, fresh bool) {
				t.Helper()
				asked := len(w.conn(id).Numbers)
				s, err := w.PairPhone(t.Context(), id, number, renew)
				if err != nil || s.Phone == nil {
					t.Fatalf("got code %v, err %v", s.Phone, err)
				}
				if got := len(w.conn(id).Numbers) - asked; got != map[bool]int{true: 1}[fresh] {
					t.Errorf("%s: WhatsApp was asked %d times", number, got)
				}
				if same := s.Phone.Expires.Equal(first.Phone.Expires); same == fresh {
					t.Errorf("%s: the same code: %v", number, same)
				}
				first = s
			}
			w.pass(150 * time.Second)
			ask(number, false, false)
			ask(number, true, true)
			w.pass(time.Second)
			ask(other, false, true)
			w.pass(time.Second)
			ask(other, false, false)
			ask(number, false, true) // the other number's code made the first one worthless
			w.pass(160 * time.Second)
			ask(number, false, true) // it has run out
		})
	})

	t.Run("asking many times at once asks WhatsApp once", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			var asking sync.WaitGroup
			for range 50 {
				asking.Go(func() {
					if s, err := w.PairPhone(t.Context(), id, "6281234567890", false); err != nil || s.Phone == nil {
						t.Errorf("got code %v, err %v", s.Phone, err)
					}
				})
			}
			asking.Wait()
			if n := len(w.conn(id).Numbers); n != 1 {
				t.Errorf("WhatsApp was asked %d times", n)
			}
		})
	})

	t.Run("the passkey step is its own reason, and ends in the login", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *fleet) {
			id := w.add("Toko")
			w.start(id)
			c := w.conn(id)
			c.Tell(session.SignalPasskey{Request: []byte(`{"challenge":"x"}`)})
			w.want(id, "PAIRING/passkey")
			if err := w.AnswerPasskey(t.Context(), id, []byte(`{"id":"y"}`)); err != nil {
				t.Fatal(err)
			}
			if got := string(c.Answers[0]); got != `{"id":"y"}` {
				t.Errorf("got answer %s", got)
			}
			c.Tell(session.SignalPasskeyCode{Code: "123456", Confirm: true})
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
			w.conn(id).Tell(session.SignalPasskey{Request: []byte(`{}`)})
			w.pass(3*time.Minute + 2*time.Second)
			w.want(id, "SERVICE_SCAN/qr")
		})
	})
}

func TestPhoneCodeBeforeTheDialReturns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		// The driver shows its codes and only then comes back from the dial.
		slow := make(chan struct{})
		w.driver.SetBeforeReturn(func() { <-slow })
		id := w.add("Toko")
		time.AfterFunc(time.Second, func() { close(slow) })
		s, err := w.PairPhone(t.Context(), id, "6281234567890", false)
		if err != nil || s.Reason != session.ReasonCode {
			t.Errorf("got %s/%s, %v; want the code", s.State, s.Reason, err)
		}
	})
}

// TestNameForThePhone links devices with a name of their own, with that of the installation,
// and with none; one that comes back needs none.
func TestNameForThePhone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		var told []string
		w.driver.SetOnDial(func(_ context.Context, to session.Target) error {
			told = append(told, to.Name)
			return nil
		})
		link := func(jid, name string) {
			t.Helper()
			id := w.add(jid[:13])
			if name != "" {
				if err := w.store.SetLinkedName(t.Context(), id, name); err != nil {
					t.Fatal(err)
				}
			}
			w.start(id)
			if err := w.conn(id).Scan(session.Account{JID: jid}); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.want(id, "CONNECTED/ready")
		}
		link(alice, "")
		if err := w.store.SetLinkedNames(t.Context(), "Toko Bu Siti"); err != nil {
			t.Fatal(err)
		}
		link(bob, "")
		link("6281111111111:1@s.whatsapp.net", "Kasir")
		if want := []string{"", "", "Toko Bu Siti", "", "Kasir", ""}; !slices.Equal(told, want) {
			t.Errorf("phones are told %q, want %q", told, want)
		}
	})
}

// TestPhoneCodesAreBounded holds that neither a device nor a number, by however many
// devices, gets more codes in an hour than it may, and that a shown code is no new one.
func TestPhoneCodesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, w *fleet) {
		refused := func(id, number string, forNumber bool) {
			t.Helper()
			_, err := w.PairPhone(t.Context(), id, number, true)
			var limit *session.TooManyCodesError
			if !errors.As(err, &limit) || limit.ForNumber != forNumber || limit.Wait <= 0 || limit.Wait > time.Hour {
				t.Fatalf("got %v (%+v), want a refusal", err, limit)
			}
			w.pass(limit.Wait - time.Second)
			if _, err := w.PairPhone(t.Context(), id, number, true); !errors.As(err, &limit) || limit.Wait > time.Second {
				t.Fatalf("a second too early: %v", err)
			}
			w.pass(time.Second)
			if _, err := w.PairPhone(t.Context(), id, number, true); err != nil {
				t.Fatalf("as late as was said: %v", err)
			}
		}
		must := func(s session.Snapshot, err error) {
			t.Helper()
			if err != nil || s.Phone == nil {
				t.Fatalf("got code %v, err %v", s.Phone, err)
			}
		}
		first, second := w.add("satu"), w.add("dua")
		for i := range 20 {
			must(w.PairPhone(t.Context(), first, fmt.Sprintf("62812345678%02d", i), false))
			w.pass(time.Second)
		}
		must(w.PairPhone(t.Context(), first, "6281234567819", false)) // the one that is shown
		refused(first, "6281234567819", false)

		w.pass(time.Hour)
		const victim = "6289876543210"
		for i := range 10 {
			must(w.PairPhone(t.Context(), []string{first, second}[i%2], victim, true))
			w.pass(time.Second)
		}
		refused(second, victim, true)
		must(w.PairPhone(t.Context(), second, "6281111111111", false))
	})
}
