//go:build !race

package trial_test

import (
	"context"
	"slices"
	"testing"

	"wadah/session"
)

// Two devices are linked to one number: two links of their own, that end on their own.
func TestTwoDevicesOnOneNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.linked("Kasir", phone), w.linked("Gudang", phone)
	one, other := w.snap(a).Account.JID, w.snap(b).Account.JID
	if one == other || w.snap(a).Number() != phone || w.snap(b).Number() != phone {
		t.Fatalf("numbers %s and %s, same link: %v", w.snap(a).Number(), w.snap(b).Number(), one == other)
	}
	w.await(a, "CONNECTED/ready") // the second did not push the first out
	must(t, w.svc.Unlink(phone, one))
	w.await(a, "SERVICE_OFF/logged_out")
	if links := w.links(); !slices.Equal(links, []string{other}) {
		t.Errorf("%d credentials, want the other's", len(links))
	}
	w.reopen()
	w.await(b, "CONNECTED/ready")
	w.await(a, "SERVICE_OFF/logged_out")
}

// A device is linked again, to another number: nothing of the first account is left.
func TestLinkedAgainToAnotherNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const second = "6289876543210"
	_, err := w.svc.AddPhone(second, "Sari")
	must(t, err)
	id := w.linked("Kasir", phone)
	if how, err := w.LogoutDevice(t.Context(), id); err != nil || how.Link != session.UnlinkConfirmed {
		t.Fatalf("log out: %v, %v", how, err)
	}
	if s := w.snap(id); s.Number() != "" || s.Account.Name != "" || !s.LinkedAt.IsZero() {
		t.Errorf("after the log-out the device still shows %+v", s.Account)
	}
	w.start(id)
	w.scan(id, second)
	s := w.await(id, "CONNECTED/ready")
	if s.Number() != second {
		t.Errorf("the device shows …%s, want …%s", s.Number()[8:], second[8:])
	}
	if links := w.links(); !slices.Equal(links, []string{s.Account.JID}) || len(w.companions(phone)) != 0 {
		t.Errorf("%d credentials, %d devices on the first phone; want one and none", len(links), len(w.companions(phone)))
	}
	w.reopen()
	if got := w.await(id, "CONNECTED/ready"); got.Number() != second {
		t.Error("after a restart the number is another")
	}
}

// The phone unlinks a device while the program is not running, or the device is off.
func TestPhoneUnlinksMeanwhile(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		w := newWorld(t)
		id := w.linked("Kasir", phone)
		if !on {
			w.stop(id)
		}
		w.close()
		must(t, w.svc.Unlink(phone, ""))
		w.open()
		w.begin()
		if !on {
			w.await(id, "SERVICE_OFF/stopped") // nobody has asked WhatsApp yet
			w.start(id)
		}
		s := w.await(id, "SERVICE_OFF/logged_out")
		eventually(t, patience, func() error { return w.cleanlyUnlinked(id) })
		if s.Desired {
			t.Error("the device is still wanted on")
		}
		w.start(id) // and is linked again as on the first day
		w.scan(id, phone)
		w.await(id, "CONNECTED/ready")
	}
}

// The library deletes its row on its own when the link ends. The same seen from the
// other side: the row is gone, and nobody has told us.
func TestLibraryDeletedItsRow(t *testing.T) {
	t.Parallel()
	for _, while := range []string{"running", "stopped", "not started"} {
		w := newWorld(t)
		id := w.linked("Kasir", phone)
		jid := w.snap(id).Account.JID
		if while == "stopped" {
			w.stop(id)
		}
		must(t, w.drv.Forget(context.Background(), jid))
		switch while {
		case "running":
			_, err := w.RestartDevice(context.Background(), id)
			must(t, err)
		case "stopped":
			w.start(id)
		case "not started":
			w.reopen()
		}
		w.await(id, "SERVICE_OFF/logged_out")
		eventually(t, patience, func() error { return w.cleanlyUnlinked(id) })
	}
}

// Somebody types the code that was shown while somebody else, or a program that polls,
// asks for one for the same number: the code that is being typed links.
func TestCodeBeingTypedStaysGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add("Kasir")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	typed, err := w.PairPhone(ctx, id, phone, false)
	must(t, err)
	for range 3 {
		again, err := w.PairPhone(ctx, id, phone, false)
		must(t, err)
		if again.Phone.Text != typed.Phone.Text {
			t.Fatal("asking again gives another code")
		}
	}
	_, err = w.svc.EnterCode(ctx, phone, typed.Phone.Text)
	must(t, err)
	w.await(id, "CONNECTED/ready")
}

// With renew the code is another one, and the one before it no longer links.
func TestRenewedCodeReplacesTheOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add("Kasir")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	old, err := w.PairPhone(ctx, id, phone, false)
	must(t, err)
	fresh, err := w.PairPhone(ctx, id, phone, true)
	must(t, err)
	if _, err := w.svc.EnterCode(ctx, phone, old.Phone.Text); err == nil {
		t.Error("the replaced code links")
	}
	_, err = w.svc.EnterCode(ctx, phone, fresh.Phone.Text)
	must(t, err)
	w.await(id, "CONNECTED/ready")
}
