package whatsapp_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

func TestLinkByQR(t *testing.T) {
	r := newRig(t)
	conn, w := r.dial("")
	codes := await[session.SignalCodes](w).Codes
	if len(codes) != 6 {
		t.Fatalf("%d codes, want 6", len(codes))
	}
	for i, code := range codes {
		want := 20 * time.Second
		if i == 0 {
			want = 60 * time.Second
		}
		if code.Valid != want || !strings.HasPrefix(code.Text, "https://wa.me/settings/linked_devices#") {
			t.Errorf("code %d is valid for %v, want %v; text begins %.20q", i, code.Valid, want, code.Text)
		}
	}
	companion, err := r.svc.Scan(t.Context(), number, codes[0].Text)
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	if companion.OS != "Wadah" || companion.Platform != "chrome" {
		t.Errorf("the phone shows %q on %q, want Wadah on chrome", companion.OS, companion.Platform)
	}
	linked := await[session.SignalLinked](w)
	if got := linked.Account.JID; got != companion.JID {
		t.Errorf("linked as %s, want %s", got, companion.JID)
	}
	if got := w.claims(); len(got) != 1 || got[0] != companion.JID {
		t.Errorf("claims %v, want one of %s", got, companion.JID)
	}
	await[session.SignalClosed](w) // WhatsApp is ready for the first login
	conn.Close()

	for range 2 { // the first login, and one after a restart
		conn, w = r.dial(companion.JID)
		online := await[session.SignalOnline](w)
		if online.Account.JID != companion.JID || online.Account.Platform == "" {
			t.Errorf("online as %+v, want %s and a platform", online.Account, companion.JID)
		}
		if since := time.Since(conn.LastHeard()); since < 0 || since > patience {
			t.Errorf("last heard %v ago", since)
		}
		conn.Close()
		w.nothingMore()
	}
	if stats := r.svc.Stats(); stats.LoginsOK != 2 || len(stats.Unknown) != 0 || stats.Malformed != 0 {
		t.Errorf("logins %d, want 2; unknown requests %v; malformed %d", stats.LoginsOK, stats.Unknown, stats.Malformed)
	}
}

// TestNameOnThePhone links with a name of the owner's choice; the next device without one has
// the product's again.
func TestNameOnThePhone(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"Kasir Bu Siti ☕", ""} {
		conn, w := r.dialTo(session.Target{DeviceID: "dev", Name: name})
		companion, err := r.svc.Scan(t.Context(), number, await[session.SignalCodes](w).Codes[0].Text)
		if err != nil {
			t.Fatalf("Scan: %v", err)
		}
		if want := cmp.Or(name, "Wadah"); companion.OS != want || companion.Platform != "chrome" {
			t.Errorf("the phone shows %q on %q, want %q on chrome", companion.OS, companion.Platform, want)
		}
		await[session.SignalLinked](w)
		conn.Close()
	}
}

func TestClaimRefuses(t *testing.T) {
	r := newRig(t)
	w := newWitness(t)
	w.refuse = errors.New("the device was deleted")
	conn, err := r.drv.Dial(t.Context(), session.Target{}, w.handler())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	codes := await[session.SignalCodes](w)
	if _, err := r.svc.Scan(t.Context(), number, codes.Codes[0].Text); !errors.Is(err, sandbox.ErrDeviceRefused) && !errors.Is(err, sandbox.ErrDeviceGone) {
		t.Errorf("Scan: %v, want a refusal by the device", err)
	}
	if failed := await[session.SignalLinkFailed](w); !errors.Is(failed.Err, w.refuse) {
		t.Errorf("link failed with %v, want %v", failed.Err, w.refuse)
	}
	conn.Close()
	if rows := r.rows(); len(rows) != 0 {
		t.Errorf("rows left: %v", rows)
	}
	w.nothingMore()
}

func TestLinkByPhoneCode(t *testing.T) {
	r := newRig(t)
	conn, w := r.dial("")
	if _, err := conn.PairPhone(t.Context(), "0812345"); !errors.Is(err, session.ErrBadNumber) {
		t.Errorf("PairPhone with a national number: %v, want ErrBadNumber", err)
	}
	await[session.SignalCodes](w)
	code, err := conn.PairPhone(t.Context(), number)
	if err != nil {
		t.Fatalf("PairPhone: %v", err)
	}
	if len(code.Text) != 9 || code.Text[4] != '-' || code.Valid < 2*time.Minute || code.Valid > 160*time.Second {
		t.Errorf("code of %d characters valid for %v, want ABCD-EFGH for almost 160 s", len(code.Text), code.Valid)
	}
	companion, err := r.svc.EnterCode(t.Context(), number, code.Text)
	if err != nil {
		t.Fatalf("EnterCode: %v", err)
	}
	if linked := await[session.SignalLinked](w); linked.Account.JID != companion.JID {
		t.Errorf("linked as %s, want %s", linked.Account.JID, companion.JID)
	}
	await[session.SignalClosed](w)
	conn.Close()
	_, w = r.dial(companion.JID)
	await[session.SignalOnline](w)
}

func TestRoundEnds(t *testing.T) {
	r := newRig(t, func(s *sandbox.Config, _ *whatsapp.Config) {
		s.RefFirst, s.RefNext = 60*time.Millisecond, 20*time.Millisecond
	})
	conn, w := r.dial("")
	await[session.SignalCodes](w)
	await[session.SignalClosed](w)
	within(t, 2*time.Second, "Close", conn.Close)
	_, w = r.dial("")
	await[session.SignalCodes](w)
}
