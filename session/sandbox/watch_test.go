package sandbox_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

// awaitPhone looks at the first phone now and after every token, until it is as wanted.
func awaitPhone(t *testing.T, s *sandbox.Service, changes <-chan struct{}, is func(sandbox.PhoneInfo) bool) {
	t.Helper()
	late := time.After(sandboxtest.Patience)
	for !is(s.Phones()[0]) {
		select {
		case <-changes:
		case <-late:
			t.Fatalf("no token told of it; the phone is %+v", s.Phones()[0])
		}
	}
}

// TestWatch learns by tokens alone how a device is linked, is cut off and comes to an end.
func TestWatch(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	changes, stop := s.Watch()
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]); err != nil {
		t.Fatal(err)
	}
	awaitPhone(t, s, changes, func(p sandbox.PhoneInfo) bool {
		return len(p.Linking) == 0 && len(p.Companions) == 1 && p.Companions[0].Connected && !p.Companions[0].LastActive.IsZero()
	})
	sandboxtest.WaitFor[*events.Connected](c, 1)
	active := s.Phones()[0].Companions[0].LastActive

	if err := s.Inject(sandboxtest.PhoneA, sandbox.Fault{Kind: sandbox.FaultSilence}); err != nil {
		t.Fatal(err)
	}
	awaitPhone(t, s, changes, func(p sandbox.PhoneInfo) bool {
		return slices.Equal(p.Faults, []sandbox.FaultKind{sandbox.FaultSilence})
	})
	s.ClearFaultsOf(sandboxtest.PhoneA)
	awaitPhone(t, s, changes, func(p sandbox.PhoneInfo) bool { return len(p.Faults) == 0 })

	c.Disconnect()
	awaitPhone(t, s, changes, func(p sandbox.PhoneInfo) bool {
		return !p.Companions[0].Connected && p.Companions[0].LastActive.After(active)
	})
	stop()
	select {
	case <-changes:
	default:
	}
	if err := s.SetOnline(sandboxtest.PhoneA, false); err != nil {
		t.Fatal(err)
	}
	if len(changes) != 0 {
		t.Error("a watcher that has stopped is told")
	}
}

func TestClearFaultsOfOnePhone(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if _, err := s.AddPhone(sandboxtest.PhoneB, "Budi"); err != nil {
		t.Fatal(err)
	}
	for _, phone := range []string{sandboxtest.PhoneA, sandboxtest.PhoneB} {
		for range 2 {
			if err := s.Inject(phone, sandbox.Fault{Kind: sandbox.FaultCodeRateLimit}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.ClearFaultsOf(sandboxtest.PhoneA)
	if a, b := s.Phones()[0].Faults, s.Phones()[1].Faults; len(a) != 0 || !slices.Equal(b, []sandbox.FaultKind{sandbox.FaultCodeRateLimit}) {
		t.Errorf("the first phone has %v, the second %v", a, b)
	}
	s.ClearFaults()
	if b := s.Phones()[1].Faults; len(b) != 0 {
		t.Errorf("after all were cleared: %v", b)
	}
}

func TestKindsOfPhones(t *testing.T) {
	file := filepath.Join(t.TempDir(), "phones.json")
	s := sandboxtest.Start(t, func(c *sandbox.Config) { c.StateFile = file })
	if info, err := s.AddPhoneOf(sandbox.IPhone, sandboxtest.PhoneB, "Budi"); err != nil || info.Platform != sandbox.IPhone {
		t.Errorf("%+v %v", info, err)
	}
	if _, err := s.AddPhoneOf("nokia", "6281111111111", "Siti"); !errors.Is(err, sandbox.ErrPlatform) {
		t.Errorf("an unheard-of kind: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = sandboxtest.Start(t, func(c *sandbox.Config) { c.StateFile = file })
	if got := s.Phones(); got[0].Platform != sandbox.Android || got[1].Platform != sandbox.IPhone {
		t.Errorf("after a restart: %s, %s", got[0].Platform, got[1].Platform)
	}
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneB, sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]); err != nil {
		t.Fatal(err)
	}
	if got := sandboxtest.WaitFor[*events.PairSuccess](c, 1).Platform; got != "iphone" {
		t.Errorf("the device is told %q", got)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}

func TestPersonRefusesThePasskey(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, options := askPasskey(t, s)
	if !s.AsksForPasskey(sandboxtest.PhoneA, options) || s.AsksForPasskey(sandboxtest.PhoneB, options) || s.AsksForPasskey(sandboxtest.PhoneA, []byte(`{}`)) {
		t.Error("the request is taken for another's")
	}
	if err := s.RefusePasskey(sandboxtest.PhoneA); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.Disconnected](c, 1)
	if got := s.Phones()[0]; len(got.Linking) != 0 || len(got.Companions) != 0 {
		t.Errorf("the phone still links: %+v", got)
	}
	if err := s.RefusePasskey(sandboxtest.PhoneA); !errors.Is(err, sandbox.ErrPasskeyUnknown) {
		t.Errorf("nothing to refuse: %v", err)
	}
}
