package whatsapp_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

func TestPhoneUnlinks(t *testing.T) {
	r := newRig(t)
	t.Run("while the device is online", func(t *testing.T) {
		conn, w, jid := r.online()
		if err := r.svc.Unlink(number, jid); err != nil {
			t.Fatal(err)
		}
		if got := await[session.SignalLoggedOut](w); got.Code != 401 {
			t.Errorf("code %d, want 401", got.Code)
		}
		conn.Close()
		w.nothingMore()
		r.wantNothing(t)
	})
	t.Run("while the device is away", func(t *testing.T) {
		jid := r.link()
		if err := r.svc.Unlink(number, jid); err != nil {
			t.Fatal(err)
		}
		conn, w := r.dial(jid)
		if got := await[session.SignalLoggedOut](w); got.Code != 401 {
			t.Errorf("code %d, want 401", got.Code)
		}
		conn.Close()
		w.nothingMore()
		r.wantNothing(t)
	})
	for _, reason := range []int{403, 406} {
		jid := r.link()
		if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultConnectFailure, Reason: reason}); err != nil {
			t.Fatal(err)
		}
		conn, w := r.dial(jid)
		if got := await[session.SignalLoggedOut](w); got.Code != reason {
			t.Errorf("code %d, want %d", got.Code, reason)
		}
		conn.Close()
		w.nothingMore()
	}
	r.wantNothing(t)
	_, _, _ = r.online() // the number can be linked again
}

// wantNothing fails if credentials or anything that belonged to them is left.
func (r *rig) wantNothing(t *testing.T) {
	t.Helper()
	if links := r.links(); len(links) != 0 {
		t.Errorf("%d links left", len(links))
	}
	if rows := r.rows(); len(rows) != 0 {
		t.Errorf("rows left: %v", rows)
	}
}

func TestLogout(t *testing.T) {
	r := newRig(t)
	conn, w, jid := r.online()
	r.privacyToken(jid)
	within(t, 3*time.Second, "Logout", func() {
		if err := conn.Logout(t.Context()); err != nil {
			t.Fatalf("Logout: %v", err)
		}
	})
	conn.Close()
	if links := r.links(); len(links) != 1 {
		t.Errorf("%d links; the credentials are for the owner to forget", len(links))
	}
	if err := r.drv.Forget(t.Context(), jid); err != nil {
		t.Fatal(err)
	}
	r.wantNothing(t)
	for _, phone := range r.svc.Phones() {
		if len(phone.Companions) != 0 {
			t.Errorf("the phone still shows %v", phone.Companions)
		}
	}
	w.nothingMore()
}

func TestLogoutWithoutAnswer(t *testing.T) {
	r := newRig(t)
	conn, _, jid := r.online()
	if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultSilence}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := conn.Logout(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Logout: %v, want context.DeadlineExceeded", err)
	}
	if links := r.links(); len(links) != 1 {
		t.Errorf("%d links, want the credentials to remain", len(links))
	}
	conn.Close()
	_, w := r.dial(jid)
	await[session.SignalOnline](w)
}

// privacyToken stores the one kind of row that the library leaves behind.
func (r *rig) privacyToken(jid string) {
	r.t.Helper()
	_, err := r.db.Exec(`INSERT INTO whatsmeow_privacy_tokens (our_jid, their_jid, token, timestamp) VALUES (?, '1@s.whatsapp.net', x'00', 1)`, jid)
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestLinksAndForget(t *testing.T) {
	r := newRig(t)
	first, second := r.link(), r.link()
	if got := r.links(); len(got) != 2 || got[0] != first || got[1] != second {
		t.Errorf("links %v, want %s and %s", got, first, second)
	}
	r.privacyToken(first)
	if err := r.drv.Forget(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, nothing := range []string{first, "", "nonsense", "628999:4@s.whatsapp.net"} {
		if err := r.drv.Forget(t.Context(), nothing); err != nil {
			t.Errorf("Forget(%q): %v", nothing, err)
		}
	}
	if got := r.links(); len(got) != 1 || got[0] != second {
		t.Errorf("links %v, want %s", got, second)
	}
	if n := r.rows()["whatsmeow_privacy_tokens"]; n != 0 {
		t.Errorf("%d privacy tokens left", n)
	}
	for _, jid := range []string{first, "nonsense"} {
		_, err := r.drv.Dial(t.Context(), session.Target{JID: jid}, newWitness(t).handler())
		if !errors.Is(err, session.ErrNoLink) {
			t.Errorf("Dial(%q): %v, want ErrNoLink", jid, err)
		}
	}
}

func TestStorageFails(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	if err := r.db.Close(); err != nil {
		t.Fatal(err)
	}
	_, dialErr := r.drv.Dial(t.Context(), session.Target{JID: jid}, newWitness(t).handler())
	_, linksErr := r.drv.Links(t.Context())
	for what, err := range map[string]error{"Dial": dialErr, "Links": linksErr, "Forget": r.drv.Forget(t.Context(), jid)} {
		if !errors.Is(err, session.ErrStorage) {
			t.Errorf("%s: %v, want ErrStorage", what, err)
		}
	}
}

// TestStorageFailsWhileLinking: the phone has accepted, the credentials cannot be saved.
func TestStorageFailsWhileLinking(t *testing.T) {
	r := newRig(t)
	conn, w := r.dial("")
	codes := await[session.SignalCodes](w)
	if _, err := r.db.Exec(`CREATE TRIGGER full BEFORE INSERT ON whatsmeow_device BEGIN SELECT RAISE(ABORT, 'disk full'); END`); err != nil {
		t.Fatal(err)
	}
	if _, err := r.svc.Scan(t.Context(), number, codes.Codes[0].Text); err == nil {
		t.Error("the phone believes it is linked")
	}
	if failed := await[session.SignalLinkFailed](w); !errors.Is(failed.Err, session.ErrStorage) {
		t.Errorf("link failed with %v, want ErrStorage", failed.Err)
	}
	conn.Close()
	r.wantNothing(t)
}
