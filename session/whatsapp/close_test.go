package whatsapp_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/sandbox"
	"wadah/session/whatsapp"
)

// TestCloseInEveryPhase closes connections at different moments of their life; the
// rig checks that nothing of them is left.
func TestCloseInEveryPhase(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	quickly := func(conn session.Conn) { within(t, 2*time.Second, "Close", conn.Close) }

	t.Run("right after the dial of a linking attempt", func(*testing.T) {
		conn, _ := r.dial("")
		quickly(conn)
	})
	t.Run("while codes are shown", func(*testing.T) {
		conn, w := r.dial("")
		await[session.SignalCodes](w)
		quickly(conn)
	})
	t.Run("right after the dial of a login", func(*testing.T) {
		for range 10 {
			conn, _ := r.dial(jid)
			quickly(conn)
		}
	})
	t.Run("online", func(*testing.T) {
		conn, w := r.dial(jid)
		await[session.SignalOnline](w)
		quickly(conn)
		quickly(conn) // idempotent
		w.nothingMore()
	})
	t.Run("from many goroutines", func(*testing.T) {
		conn, w := r.dial(jid)
		await[session.SignalOnline](w)
		var all sync.WaitGroup
		for range 5 {
			all.Go(conn.Close)
		}
		within(t, 2*time.Second, "Close", all.Wait)
	})
	t.Run("while the service is silent", func(t *testing.T) {
		conn, w := r.dial(jid)
		await[session.SignalOnline](w)
		if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultSilence}); err != nil {
			t.Fatal(err)
		}
		quickly(conn)
	})
	t.Run("while the connection drops", func(t *testing.T) {
		for range 10 {
			conn, w := r.dial(jid)
			await[session.SignalOnline](w)
			if err := r.svc.Inject(jid, sandbox.Fault{Kind: sandbox.FaultDrop}); err != nil {
				t.Fatal(err)
			}
			quickly(conn)
		}
	})
	waitQuiet(t)
	eventually(t, "the service has no connection left", func() bool { return len(r.svc.Connections()) == 0 })
}

// TestFourGoroutines: an idle connection runs what the library runs, and nothing more.
func TestFourGoroutines(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.online()
	}
	eventually(t, "four goroutines per connection", func() bool { return len(busy()) == 3*4 })
}

// TestCloseLetsALinkFinish closes at the moment when the phone has accepted.
func TestCloseLetsALinkFinish(t *testing.T) {
	r := newRig(t)
	claimed, proceed := make(chan struct{}), make(chan struct{})
	w := newWitness(t)
	conn, err := r.drv.Dial(t.Context(), session.Target{}, session.Handler{
		Signal: w.handler().Signal,
		Claim: func(string) error {
			close(claimed)
			<-proceed
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	codes := await[session.SignalCodes](w)
	scanned := make(chan error, 1)
	go func() {
		_, err := r.svc.Scan(context.WithoutCancel(t.Context()), number, codes.Codes[0].Text)
		scanned <- err
	}()
	<-claimed
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		conn.Close()
	}()
	close(proceed)
	<-closed
	if err := <-scanned; err != nil {
		t.Errorf("Scan: %v", err)
	}
	links := r.links()
	if len(links) != 1 {
		t.Fatalf("links %v, want one", links)
	}
	_, w = r.dial(links[0])
	await[session.SignalOnline](w)
}

// TestDialDuringOutage dials a service that is out in different ways: the dial fails
// in time and leaves nothing.
func TestDialDuringOutage(t *testing.T) {
	const limit = 4 * time.Second
	r := newRig(t, func(_ *sandbox.Config, c *whatsapp.Config) { c.DialTimeout = limit })
	jid := r.link()
	for mode, atOnce := range map[sandbox.OutageMode]bool{
		sandbox.OutageRefuse: true, sandbox.OutageHTTP503: true, sandbox.OutageHandshake: true, sandbox.OutageSilent: false,
	} {
		t.Run(string(mode), func(t *testing.T) {
			if err := r.svc.SetOutage(mode); err != nil {
				t.Fatal(err)
			}
			r.failToDial(t, jid, atOnce, limit)
			r.failToDial(t, "", atOnce, limit)
			waitQuiet(t)
		})
	}
	t.Run("hanging handshake", func(t *testing.T) {
		if err := r.svc.SetOutage(sandbox.OutageNone); err != nil {
			t.Fatal(err)
		}
		if err := r.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultHangHandshake}); err != nil {
			t.Fatal(err)
		}
		r.failToDial(t, jid, false, limit)
		waitQuiet(t)
	})
	_, w := r.dial(jid)
	await[session.SignalOnline](w)
}

func (r *rig) failToDial(t *testing.T, jid string, atOnce bool, limit time.Duration) {
	t.Helper()
	w := newWitness(t)
	start := time.Now()
	conn, err := r.drv.Dial(t.Context(), session.Target{JID: jid}, w.handler())
	took := time.Since(start)
	if err == nil {
		conn.Close()
		t.Fatal("Dial succeeded")
	}
	var proxy *session.ProxyError
	if errors.Is(err, session.ErrNoLink) || errors.Is(err, session.ErrStorage) || errors.As(err, &proxy) {
		t.Errorf("Dial: %v, want an error that means out of reach", err)
	}
	if atOnce && errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Dial gave up after %v, want it to fail at once: %v", took, err)
	}
	if took > 3*limit/4 { // one step without an answer takes half of it
		t.Errorf("Dial took %v, want %v", took, limit/2)
	}
	w.nothingMore()
}

// TestDialIsCancelled ends the caller's context while the service is silent.
func TestDialIsCancelled(t *testing.T) {
	r := newRig(t)
	if err := r.svc.SetOutage(sandbox.OutageSilent); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := r.drv.Dial(ctx, session.Target{}, newWitness(t).handler())
		failed <- err
	}()
	eventually(t, "the service was dialled", func() bool { return r.svc.Stats().Dials > 0 })
	within(t, 2*time.Second, "cancelling", func() {
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("Dial: %v, want context.Canceled", err)
		}
	})
	waitQuiet(t)
}

// TestDialOfSilentPort dials a port that accepts and never answers.
func TestDialOfSilentPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	root := sandbox.RootKeyFromSeed(seed)
	drv, err := whatsapp.Open(t.Context(), whatsapp.Config{
		DB: openDB(t), Dialect: "sqlite3", URL: "ws://" + listener.Addr().String(), RootKey: &root, DialTimeout: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, "Dial and Close", func() {
		if _, err := drv.Dial(t.Context(), session.Target{}, newWitness(t).handler()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Dial: %v, want context.DeadlineExceeded", err)
		}
		if err := drv.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := drv.Dial(t.Context(), session.Target{}, newWitness(t).handler()); err == nil {
		t.Error("a closed driver dialled")
	}
	waitQuiet(t)
}
