package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

func TestInjectRefuses(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	for name, test := range map[string]struct {
		target string
		fault  sandbox.Fault
		want   error
	}{
		"unknown kind":        {"", sandbox.Fault{Kind: "fire"}, sandbox.ErrFault},
		"failure sans reason": {"", sandbox.Fault{Kind: sandbox.FaultConnectFailure}, sandbox.ErrFault},
		"slow sans latency":   {"", sandbox.Fault{Kind: sandbox.FaultSlow}, sandbox.ErrFault},
		"hang with target":    {sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultHangHandshake}, sandbox.ErrFault},
		"unknown target":      {"c99", sandbox.Fault{Kind: sandbox.FaultDrop}, sandbox.ErrTargetUnknown},
		"unknown device":      {sandboxtest.PhoneA + ":7@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultDrop}, sandbox.ErrTargetUnknown},
		"phone sans device":   {sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultDrop}, sandbox.ErrTargetOffline},
	} {
		if err := s.Inject(test.target, test.fault); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestSilenceStopsAnswersUntilItEnds(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	id := s.Connections()[0].ID
	if err := s.Inject(id, sandbox.Fault{Kind: sandbox.FaultSilence}); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.SetPassive(short, false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an answer in spite of silence: %v", err)
	}
	if !s.Connections()[0].Silent || !c.IsConnected() {
		t.Error("the connection is not silent, or not there")
	}
	s.ClearFaults()
	if err := c.SetPassive(t.Context(), false); err != nil {
		t.Errorf("no answer after the end of silence: %v", err)
	}
}

func TestSlowDelaysAnswers(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	const latency = 300 * time.Millisecond
	if err := s.Inject(companion.JID, sandbox.Fault{Kind: sandbox.FaultSlow, Latency: latency}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := c.SetPassive(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < latency {
		t.Errorf("answered after %s", took)
	}
}

func TestGarbageDoesNotEndTheConnection(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	if err := s.Inject(companion.JID, sandbox.Fault{Kind: sandbox.FaultGarbage}); err != nil {
		t.Fatal(err)
	}
	if err := c.SetPassive(t.Context(), false); err != nil {
		t.Errorf("no answer behind the garbage: %v", err)
	}
	if got := sandboxtest.Seen[*events.Disconnected](c); len(got) > 0 {
		t.Error("the client gave the connection up")
	}
}

func TestOutages(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	device := sandboxtest.OpenStore(t).NewDevice()
	for _, mode := range []sandbox.OutageMode{sandbox.OutageRefuse, sandbox.OutageHTTP503} {
		if err := s.SetOutage(mode); err != nil {
			t.Fatal(err)
		}
		if err := sandboxtest.NewClient(t, s, device).Connect(); err == nil {
			t.Errorf("%s: connected", mode)
		}
	}
	t.Run("silent", func(t *testing.T) {
		if err := s.SetOutage(sandbox.OutageSilent); err != nil {
			t.Fatal(err)
		}
		finished := make(chan error, 1)
		c := sandboxtest.NewClient(t, s, device)
		dials := s.Stats().Dials
		go func() { finished <- c.Connect() }()
		sandboxtest.Eventually(t, "the dial arrives", func() bool { return s.Stats().Dials > dials })
		select {
		case err := <-finished:
			t.Errorf("answered in a silent outage: %v", err)
		case <-time.After(200 * time.Millisecond):
		}
		if err := s.SetOutage(sandbox.OutageNone); err != nil {
			t.Fatal(err)
		}
		if err := <-finished; err == nil {
			t.Error("a dial of the outage succeeded")
		}
	})
	t.Run("handshake", func(t *testing.T) {
		if err := s.SetOutage(sandbox.OutageHandshake); err != nil {
			t.Fatal(err)
		}
		conn := dialRaw(t, s)
		hello := append(slices.Clone(socket.WAConnHeader), 0, 0, 2, 0x12, 0)
		if err := conn.Write(t.Context(), websocket.MessageBinary, hello); err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(t.Context()); err == nil {
			t.Error("the handshake was answered")
		}
		if err := s.SetOutage(sandbox.OutageNone); err != nil {
			t.Fatal(err)
		}
	})
	c := sandboxtest.NewClient(t, s, device)
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
	if err := s.SetOutage("flood"); !errors.Is(err, sandbox.ErrOutageMode) {
		t.Errorf("unknown mode: %v", err)
	}
	if got := s.Stats(); got.Dials != 5 || len(got.DialsPerSecond) == 0 {
		t.Errorf("%d dials counted, %v per second", got.Dials, got.DialsPerSecond)
	}
}

// dialRaw opens a websocket to the service without the library.
func dialRaw(t *testing.T, s *sandbox.Service) *websocket.Conn {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), s.URL(), &websocket.DialOptions{
		HTTPHeader: http.Header{"Origin": {socket.Origin}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

func TestHangingHandshakeIsAnsweredByNothing(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if err := s.Inject("", sandbox.Fault{Kind: sandbox.FaultHangHandshake}); err != nil {
		t.Fatal(err)
	}
	conn := dialRaw(t, s)
	sandboxtest.Eventually(t, "the fault strikes", func() bool { return len(s.Connections()) == 1 })
	if err := conn.Write(t.Context(), websocket.MessageBinary, append(slices.Clone(socket.WAConnHeader), 0, 0, 2, 0x12, 0)); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := conn.Read(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handshake got an answer: %v", err)
	}
	// The fault is used up: the next dial is served.
	next := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	next.MustConnect()
	sandboxtest.WaitFor[*events.QR](next, 1)
}
