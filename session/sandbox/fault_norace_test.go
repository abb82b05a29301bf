//go:build !race

// The library has data races of its own on these paths: it deletes the device
// from its store while the client reads Store.ID and Store.Deleted, and it changes
// FrameSocket.OnDisconnect while a closing socket reads it. The race detector meets
// them whenever a connection ends from the server's side, so the tests that provoke
// exactly that run without it. Everything else of this package runs with it.

package sandbox_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/keys"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

// outcome is what a fault does to a client, as the library shows it.
type outcome int

const (
	comesBack outcome = iota // the library reconnects by itself
	staysDown                // it does not, and Connect works later
	isGone                   // the device was deleted from the store
)

func TestLiveFaults(t *testing.T) {
	tests := []struct {
		fault sandbox.Fault
		want  outcome
		event func(*sandboxtest.Client)
	}{
		{sandbox.Fault{Kind: sandbox.FaultDrop}, comesBack, nil},
		{sandbox.Fault{Kind: sandbox.FaultReset}, comesBack, nil},
		{sandbox.Fault{Kind: sandbox.FaultStreamEnd}, comesBack, nil},
		{sandbox.Fault{Kind: sandbox.FaultStreamError503}, comesBack, nil},
		{sandbox.Fault{Kind: sandbox.FaultStreamError500}, comesBack, func(c *sandboxtest.Client) { sandboxtest.WaitFor[*events.StreamError](c, 1) }},
		{sandbox.Fault{Kind: sandbox.FaultStreamError515}, comesBack, nil},
		{sandbox.Fault{Kind: sandbox.FaultReplaced}, staysDown, func(c *sandboxtest.Client) { sandboxtest.WaitFor[*events.StreamReplaced](c, 1) }},
		{sandbox.Fault{Kind: sandbox.FaultDeviceRemoved}, isGone, func(c *sandboxtest.Client) { sandboxtest.WaitFor[*events.LoggedOut](c, 1) }},
	}
	for _, test := range tests {
		t.Run(string(test.fault.Kind), func(t *testing.T) {
			s := sandboxtest.Start(t, nil)
			container := sandboxtest.OpenStore(t)
			c, companion := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
			if err := s.Inject(companion.JID, test.fault); err != nil {
				t.Fatal(err)
			}
			if test.event != nil {
				test.event(c)
			}
			checkOutcome(t, c, s, test.want)
			if linked := len(s.Phones()[0].Companions) == 1; linked == (test.want == isGone) {
				t.Errorf("phone lists the device: %v", linked)
			}
		})
	}
}

// checkOutcome waits until a client whose connection ended is where it should be.
func checkOutcome(t *testing.T, c *sandboxtest.Client, s *sandbox.Service, want outcome) {
	t.Helper()
	switch want {
	case comesBack:
		sandboxtest.WaitFor[*events.Connected](c, 2)
	case staysDown:
		sandboxtest.Eventually(t, "the socket closes", func() bool { return len(s.Connections()) == 0 && !c.IsConnected() })
		c.MustConnect()
		sandboxtest.WaitFor[*events.Connected](c, 2)
	case isGone:
		sandboxtest.Eventually(t, "the device is deleted", func() bool { return c.Store.Deleted })
		sandboxtest.Eventually(t, "the socket closes", func() bool { return len(s.Connections()) == 0 })
	}
}

func TestConnectFailures(t *testing.T) {
	type check func(*testing.T, *sandboxtest.Client)
	failed := func(_ *testing.T, c *sandboxtest.Client) { sandboxtest.WaitFor[*events.ConnectFailure](c, 1) }
	out := func(t *testing.T, c *sandboxtest.Client) {
		if got := sandboxtest.WaitFor[*events.LoggedOut](c, 1); !got.OnConnect {
			t.Errorf("LoggedOut not on connect: %+v", got)
		}
	}
	banned := func(t *testing.T, c *sandboxtest.Client) {
		if got := sandboxtest.WaitFor[*events.TemporaryBan](c, 1); got.Code != 104 || got.Expire != time.Hour {
			t.Errorf("ban: %+v", got)
		}
	}
	for reason, test := range map[int]struct {
		want  outcome
		event check
	}{
		400: {staysDown, failed},
		401: {isGone, out},
		402: {staysDown, banned},
		403: {isGone, out},
		405: {staysDown, func(_ *testing.T, c *sandboxtest.Client) { sandboxtest.WaitFor[*events.ClientOutdated](c, 1) }},
		406: {isGone, out},
		409: {staysDown, failed},
		500: {comesBack, nil},
		503: {comesBack, nil},
	} {
		t.Run(strconv.Itoa(reason), func(t *testing.T) {
			s := sandboxtest.Start(t, nil)
			c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
			c.Disconnect()
			fault := sandbox.Fault{Kind: sandbox.FaultConnectFailure, Reason: reason, Code: 104, Expire: time.Hour}
			if err := s.Inject(companion.JID, fault); err != nil {
				t.Fatal(err)
			}
			c.MustConnect()
			if test.event != nil {
				test.event(t, c)
			}
			checkOutcome(t, c, s, test.want)
			if got := s.Stats().LoginsFailed[reason]; got != 1 {
				t.Errorf("%d refusals counted", got)
			}
		})
	}
}

func TestPhoneUnlinksADeviceThatIsOnline(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	if err := s.Unlink(sandboxtest.PhoneA, companion.JID); err != nil {
		t.Fatal(err)
	}
	if got := sandboxtest.WaitFor[*events.LoggedOut](c, 1); got.OnConnect {
		t.Errorf("LoggedOut on connect: %+v", got)
	}
	checkOutcome(t, c, s, isGone)
	if err := s.Unlink(sandboxtest.PhoneA, companion.JID); !errors.Is(err, sandbox.ErrCompanionUnknown) {
		t.Errorf("unlinked twice: %v", err)
	}
}

func TestPhoneUnlinksADeviceThatIsOffline(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	c.Disconnect()
	if err := s.Unlink(sandboxtest.PhoneA, ""); err != nil {
		t.Fatal(err)
	}
	c.MustConnect()
	if got := sandboxtest.WaitFor[*events.LoggedOut](c, 1); !got.OnConnect {
		t.Errorf("LoggedOut not on connect: %+v", got)
	}
	checkOutcome(t, c, s, isGone)
}

func TestRemovedPhoneTakesItsDevicesAlong(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	if err := s.RemovePhone(sandboxtest.PhoneA); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.LoggedOut](c, 1)
	if got := s.Phones(); len(got) != 0 {
		t.Errorf("phones left: %+v", got)
	}
}

func TestDeviceLogsOut(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	container := sandboxtest.OpenStore(t)
	c, _ := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	if err := c.Logout(t.Context()); err != nil {
		t.Fatalf("Logout: %v", err)
	}
	if got := s.Phones()[0].Companions; len(got) != 0 {
		t.Errorf("phone still lists %+v", got)
	}
	sandboxtest.Eventually(t, "the socket closes", func() bool { return len(s.Connections()) == 0 })
	// The place is free again, and the next device gets an address of its own.
	_, next := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	if got := s.Phones()[0].Companions; len(got) != 1 || got[0].JID != next.JID {
		t.Errorf("phone lists %+v", got)
	}
}

func TestLinkLostAfterPairSuccess(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	if err := s.Inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultDropAfterPairSuccess}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrDeviceGone) {
		t.Errorf("got %v, want %v", err, sandbox.ErrDeviceGone)
	}
	if got := s.Phones()[0].Companions; len(got) != 0 {
		t.Errorf("phone lists a device that never confirmed: %+v", got)
	}
}

func TestLinkConfirmedButNotAnswered(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	if err := s.Inject("", sandbox.Fault{Kind: sandbox.FaultNoPairSignReply}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, code); err != nil {
		t.Fatalf("Scan: %v", err)
	}
	sandboxtest.WaitFor[*events.PairSuccess](c, 1)
	if got := sandboxtest.Seen[*events.Connected](c); len(got) > 0 {
		t.Error("connected although nobody asked it to reconnect")
	}
	// A reconnect of its own accord cures it.
	c.Disconnect()
	c.MustConnect()
	sandboxtest.WaitFor[*events.Connected](c, 1)
}

func TestLoginWithAnotherNoiseKeyIsRefused(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	container := sandboxtest.OpenStore(t)
	c, companion := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	c.Disconnect()
	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	device.NoiseKey = keys.NewKeyPair()
	thief := sandboxtest.NewClient(t, s, device)
	thief.MustConnect()
	if got := sandboxtest.WaitFor[*events.LoggedOut](thief, 1); got.Reason != events.ConnectFailureLoggedOut {
		t.Errorf("refused with %v", got.Reason)
	}
	if got := s.Phones()[0].Companions; len(got) != 1 || got[0].JID != companion.JID {
		t.Errorf("the genuine device lost its link: %+v", got)
	}
}

func TestClosingAtOnceEndsAllConnections(t *testing.T) {
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) { cfg.CloseLinger = -1 })
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	if err := s.Inject(companion.JID, sandbox.Fault{Kind: sandbox.FaultStreamError503}); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.Disconnected](c, 1)
	sandboxtest.WaitFor[*events.Connected](c, 2)
}

func TestArmedFaultStrikesAsOftenAsItSays(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if err := s.Inject(sandbox.TargetRegistering, sandbox.Fault{Kind: sandbox.FaultDropAfterHandshake, Count: 2}); err != nil {
		t.Fatal(err)
	}
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	for try := range 2 {
		c.MustConnect()
		// The library does not always tell that it was cut off here, so the
		// service is asked.
		sandboxtest.Eventually(t, "the service hangs up", func() bool {
			return s.Stats().Dials == int64(try+1) && len(s.Connections()) == 0 && !c.IsConnected()
		})
	}
	if got := sandboxtest.Seen[*events.QR](c); len(got) > 0 {
		t.Error("codes in spite of the fault")
	}
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
}
