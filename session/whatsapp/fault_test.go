package whatsapp_test

import (
	"strings"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
)

// TestConnectionEnds lets an open connection end in every way after which it may be
// made again.
func TestConnectionEnds(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	for _, kind := range []sandbox.FaultKind{
		sandbox.FaultDrop, sandbox.FaultReset, sandbox.FaultStreamError503, sandbox.FaultStreamError500,
		sandbox.FaultStreamError515, sandbox.FaultStreamEnd,
	} {
		t.Run(string(kind), func(t *testing.T) {
			conn, w := r.dial(jid)
			await[session.SignalOnline](w)
			if err := r.svc.Inject(jid, sandbox.Fault{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			if closed := await[session.SignalClosed](w); closed.Err == nil || strings.Contains(closed.Err.Error(), "<") {
				t.Errorf("SignalClosed with %v, want a reason without the stanza", closed.Err)
			}
			within(t, 2*time.Second, "Close", conn.Close)
			w.nothingMore()
		})
	}
	waitQuiet(t)
}

func TestSilenceIsNoticed(t *testing.T) {
	if slowestNotice > 45*time.Second {
		t.Errorf("the library notices a silent peer after %v, want at most 45 s", slowestNotice)
	}
	r := newRig(t)
	conn, w, jid := r.online()
	if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultSilence}); err != nil {
		t.Fatal(err)
	}
	heard := conn.LastHeard()
	timeout := time.After(patience)
	for silent := false; !silent; {
		select {
		case s := <-w.signals:
			_, silent = s.(session.SignalSilent)
		case <-timeout:
			t.Fatal("no SignalSilent")
		}
	}
	if conn.LastHeard().Before(heard) {
		t.Error("LastHeard went back")
	}
	within(t, 2*time.Second, "Close", conn.Close)
}

func TestGarbageIsSurvived(t *testing.T) {
	r := newRig(t)
	conn, _, jid := r.online()
	if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultGarbage}); err != nil {
		t.Fatal(err)
	}
	within(t, 3*time.Second, "Close", conn.Close)
	waitQuiet(t)
}

// TestPermanentRefusals covers the refusals of a login after which nothing is retried.
func TestPermanentRefusals(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	refuse := func(t *testing.T, f sandbox.Fault) (session.Conn, *witness) {
		t.Helper()
		f.Kind = sandbox.FaultConnectFailure
		if err := r.svc.Inject(jid, f); err != nil {
			t.Fatal(err)
		}
		return r.dial(jid)
	}
	done := func(t *testing.T, conn session.Conn, w *witness) {
		t.Helper()
		eventually(t, "the service ended the connection", func() bool { return len(r.svc.Connections()) == 0 })
		conn.Close()
		w.nothingMore()
	}
	for _, reason := range []int{400, 409, 418, 501} {
		conn, w := refuse(t, sandbox.Fault{Reason: reason})
		if got := await[session.SignalRefused](w); got.Code != reason {
			t.Errorf("refused with %d, want %d", got.Code, reason)
		}
		done(t, conn, w)
	}
	for _, reason := range []int{413, 414} { // the library would call a nil function
		conn, w := refuse(t, sandbox.Fault{Reason: reason})
		await[session.SignalRefused](w)
		done(t, conn, w)
	}
	for _, reason := range []int{500, 503} {
		conn, w := refuse(t, sandbox.Fault{Reason: reason})
		await[session.SignalClosed](w)
		done(t, conn, w)
	}
	conn, w := refuse(t, sandbox.Fault{Reason: 402, Code: 101, Expire: 90 * time.Minute})
	if got := await[session.SignalBanned](w); got.Code != 101 || got.Expire != 90*time.Minute {
		t.Errorf("banned %+v, want 101 for 90 min", got)
	}
	done(t, conn, w)
	conn, w = refuse(t, sandbox.Fault{Reason: 405})
	await[session.SignalOutdated](w)
	done(t, conn, w)

	if got := r.links(); len(got) != 1 {
		t.Errorf("links %v, want the one", got)
	}
	_, w = r.dial(jid)
	await[session.SignalOnline](w)
}

// TestReplaced logs in a second time with the same credentials.
func TestReplaced(t *testing.T) {
	r := newRig(t)
	conn, w, jid := r.online()
	_, second := r.dial(jid)
	await[session.SignalOnline](second)
	await[session.SignalReplaced](w)
	conn.Close()
	w.nothingMore()
	second.nothingMore()
}

// TestLimbo drops logins right after the handshake: the library notices none of it.
func TestLimbo(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	const times = 30
	if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultDropAfterHandshake, Count: times}); err != nil {
		t.Fatal(err)
	}
	for range times {
		w := newWitness(t)
		conn, err := r.drv.Dial(t.Context(), session.Target{JID: jid}, w.handler())
		if err != nil {
			continue // the dial met the end itself
		}
		await[session.SignalClosed](w)
		conn.Close()
	}
	waitQuiet(t)
	_, w := r.dial(jid)
	await[session.SignalOnline](w)
}

func TestLinkWithoutWord(t *testing.T) {
	r := newRig(t)
	t.Run("the service never asks for the login", func(t *testing.T) {
		if err := r.svc.Inject(number, sandbox.Fault{Kind: sandbox.FaultNoPairSignReply}); err != nil {
			t.Fatal(err)
		}
		conn, w := r.dial("")
		codes := await[session.SignalCodes](w)
		companion, err := r.svc.Scan(t.Context(), number, codes.Codes[0].Text)
		if err != nil {
			t.Fatal(err)
		}
		await[session.SignalLinked](w)
		conn.Close()
		_, w = r.dial(companion.JID)
		await[session.SignalOnline](w)
	})
	t.Run("the service drops the connection that links", func(t *testing.T) {
		if err := r.svc.Inject(number, sandbox.Fault{Kind: sandbox.FaultDropAfterPairSuccess}); err != nil {
			t.Fatal(err)
		}
		linksBefore := len(r.links())
		conn, w := r.dial("")
		codes := await[session.SignalCodes](w)
		// Whether the device's answer reaches the phone is a matter of luck.
		_, _ = r.svc.Scan(t.Context(), number, codes.Codes[0].Text)
		var links int
		select {
		case s := <-w.signals:
			switch s.(type) {
			case session.SignalLinked:
				links = 1
			case session.SignalLinkFailed:
			default:
				t.Errorf("signal %T, want the outcome of the link", s)
			}
		case <-time.After(patience):
			t.Error("no outcome")
		}
		conn.Close()
		if got := len(r.links()) - linksBefore; got != links {
			t.Errorf("%d links are stored, %d were told", got, links)
		}
	})
}
