package sandbox_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

func TestScanLinksADevice(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, companion := sandboxtest.Link(t, s, sandboxtest.OpenGenuineStore(t), sandboxtest.PhoneA)

	success := sandboxtest.Seen[*events.PairSuccess](c)[0]
	if success.ID.String() != companion.JID || success.LID.String() != companion.LID {
		t.Errorf("device is %s %s, phone says %s %s", success.ID, success.LID, companion.JID, companion.LID)
	}
	if success.Platform == "" || success.BusinessName != "Ana" {
		t.Errorf("platform %q and name %q", success.Platform, success.BusinessName)
	}
	stats := s.Stats()
	if stats.PreKeys != 812 || stats.Links != 1 || stats.LoginsOK != 1 || stats.Online != 1 {
		t.Errorf("stats after linking: %+v", stats)
	}
	if len(stats.Unknown) > 0 {
		t.Errorf("requests the service does not know: %v", stats.Unknown)
	}
	phones := s.Phones()
	if got := phones[0].Companions; len(got) != 1 || got[0].JID != companion.JID || !got[0].Connected {
		t.Errorf("phone lists %+v", got)
	}
}

func TestStoredDeviceConnectsWithoutCode(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	container := sandboxtest.OpenGenuineStore(t)
	first, companion := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	first.Disconnect()

	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := sandboxtest.NewClient(t, s, device)
	second.MustConnect()
	sandboxtest.WaitFor[*events.Connected](second, 1)
	if got := sandboxtest.Seen[*events.QR](second); len(got) > 0 {
		t.Error("a linked device was given codes")
	}
	if got := s.Connections(); len(got) == 0 || got[len(got)-1].JID != companion.JID {
		t.Errorf("connections: %+v", got)
	}
}

func TestScanRefuses(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	other := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	codes := sandboxtest.WaitFor[*events.QR](c, 1).Codes
	foreign := sandboxtest.NewClient(t, other, sandboxtest.OpenStore(t).NewDevice())
	foreign.MustConnect()

	changed := func(part int) string {
		prefix, rest, _ := strings.Cut(codes[0], "#")
		parts := strings.Split(rest, ",")
		parts[part] = base64.StdEncoding.EncodeToString(make([]byte, 32))
		return prefix + "#" + strings.Join(parts, ",")
	}
	for name, test := range map[string]struct {
		number, text string
		want         error
	}{
		"something else":           {sandboxtest.PhoneA, "https://example.com/", sandbox.ErrQRText},
		"nothing":                  {sandboxtest.PhoneA, "", sandbox.ErrQRText},
		"a code of another":        {sandboxtest.PhoneA, sandboxtest.WaitFor[*events.QR](foreign, 1).Codes[0], sandbox.ErrQRUnknown},
		"a code shown later":       {sandboxtest.PhoneA, codes[1], sandbox.ErrQRTooEarly},
		"a wrong noise key":        {sandboxtest.PhoneA, changed(1), sandbox.ErrQRMismatch},
		"a wrong identity key":     {sandboxtest.PhoneA, changed(2), sandbox.ErrQRMismatch},
		"a phone that is not here": {sandboxtest.PhoneB, codes[0], sandbox.ErrPhoneUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s.Scan(t.Context(), test.number, test.text); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if err := s.SetOnline(sandboxtest.PhoneA, false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, codes[0]); !errors.Is(err, sandbox.ErrPhoneOffline) {
		t.Errorf("phone without network: got %v", err)
	}
	if err := s.SetOnline(sandboxtest.PhoneA, true); err != nil {
		t.Fatal(err)
	}
	// None of that spoilt the code. The bare form without the address works too.
	_, bare, _ := strings.Cut(codes[0], "#")
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, bare); err != nil {
		t.Errorf("the right code after all: %v", err)
	}
}

func TestScanWithWrongSecretIsRefusedByTheDevice(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	parts := strings.Split(code, ",")
	parts[3] = base64.StdEncoding.EncodeToString(make([]byte, 32))
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, strings.Join(parts, ",")); !errors.Is(err, sandbox.ErrDeviceRefused) {
		t.Errorf("got %v, want %v", err, sandbox.ErrDeviceRefused)
	}
	sandboxtest.WaitFor[*events.PairError](c, 1)
	if got := s.Phones()[0].Companions; len(got) != 0 {
		t.Errorf("the phone lists a device that refused: %+v", got)
	}
}

func TestCodesRotateAndTheRoundEnds(t *testing.T) {
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) {
		cfg.RefFirst, cfg.RefNext = 400*time.Millisecond, 200*time.Millisecond
	})
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	codes := sandboxtest.WaitFor[*events.QR](c, 1).Codes
	if len(codes) != 6 {
		t.Fatalf("round of %d codes", len(codes))
	}
	pending := func() int {
		for _, conn := range s.Connections() {
			return conn.PendingRefs
		}
		return 0
	}
	if got := pending(); got != 6 {
		t.Errorf("%d codes pending at first", got)
	}
	sandboxtest.Eventually(t, "the second code's turn", func() bool { return pending() <= 4 })
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, codes[0]); !errors.Is(err, sandbox.ErrQRExpired) {
		t.Errorf("first code after its time: %v", err)
	}
	sandboxtest.WaitFor[*events.Disconnected](c, 1)
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, codes[5]); !errors.Is(err, sandbox.ErrQRUnknown) {
		t.Errorf("last code after the round: %v", err)
	}
	// The same device may connect again and gets a new round.
	c.MustConnect()
	if again := sandboxtest.WaitFor[*events.QR](c, 2).Codes; again[0] == codes[0] {
		t.Error("the second round repeats the first")
	}
}

func TestManyDevicesLinkAtTheSameTime(t *testing.T) {
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) { cfg.MaxCompanions = 8 })
	container := sandboxtest.OpenStore(t)
	errs := make(chan error, 8)
	var clients []*sandboxtest.Client
	for range cap(errs) {
		c := sandboxtest.NewClient(t, s, container.NewDevice())
		c.MustConnect()
		code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
		clients = append(clients, c)
		go func() {
			_, err := s.Scan(t.Context(), sandboxtest.PhoneA, code)
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for _, c := range clients {
		sandboxtest.WaitFor[*events.Connected](c, 1)
	}
	addresses := map[string]bool{}
	for _, companion := range s.Phones()[0].Companions {
		addresses[companion.JID] = true
	}
	if len(addresses) != cap(errs) {
		t.Errorf("%d different addresses", len(addresses))
	}
}

func TestPhoneTakesFourDevices(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if _, err := s.AddPhone(sandboxtest.PhoneB, "Budi"); err != nil {
		t.Fatal(err)
	}
	container := sandboxtest.OpenStore(t)
	seenJID := map[string]bool{}
	for range 4 {
		_, companion := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
		seenJID[companion.JID] = true
	}
	if len(seenJID) != 4 {
		t.Fatalf("JIDs are not distinct: %v", seenJID)
	}
	c := sandboxtest.NewClient(t, s, container.NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrPhoneFull) {
		t.Errorf("fifth device: %v", err)
	}
	companion, err := s.Scan(t.Context(), sandboxtest.PhoneB, code)
	if err != nil || !strings.HasPrefix(companion.JID, sandboxtest.PhoneB) {
		t.Errorf("the other phone: %+v %v", companion, err)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}
