package sandbox_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

func TestNewRefuses(t *testing.T) {
	damaged := filepath.Join(t.TempDir(), "damaged.json")
	newer := filepath.Join(t.TempDir(), "newer.json")
	halfPhone := filepath.Join(t.TempDir(), "half.json")
	for path, text := range map[string]string{
		damaged: `{"version":1,"pho`, newer: `{"version":99}`, halfPhone: `{"version":1,"phones":[{"number":"6281234567890"}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		cfg  sandbox.Config
		want error
	}{
		"all addresses":    {sandbox.Config{Listen: ":8080"}, sandbox.ErrConfig},
		"another machine":  {sandbox.Config{Listen: "192.0.2.1:80"}, sandbox.ErrConfig},
		"no port":          {sandbox.Config{Listen: "127.0.0.1"}, sandbox.ErrConfig},
		"negative time":    {sandbox.Config{RefNext: -1}, sandbox.ErrConfig},
		"too many devices": {sandbox.Config{MaxCompanions: 1000}, sandbox.ErrConfig},
		"damaged state":    {sandbox.Config{StateFile: damaged}, sandbox.ErrStateFile},
		"newer state":      {sandbox.Config{StateFile: newer}, sandbox.ErrStateFile},
		"incomplete state": {sandbox.Config{StateFile: halfPhone}, sandbox.ErrStateFile},
	} {
		if _, err := sandbox.New(test.cfg); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestBusyPortIsAnError(t *testing.T) {
	first := sandboxtest.Start(t, nil)
	address := strings.TrimSuffix(strings.TrimPrefix(first.URL(), "ws://"), "/ws/chat")
	second, err := sandbox.New(sandbox.Config{Listen: address})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err == nil {
		t.Error("two services on one port")
	}
	if err := second.Close(); err != nil {
		t.Errorf("closing what never started: %v", err)
	}
}

func TestRootKeyComesFromTheSeed(t *testing.T) {
	one, two := sandbox.RootKeyFromSeed("one"), sandbox.RootKeyFromSeed("two")
	if one == two || one != sandbox.RootKeyFromSeed("one") {
		t.Error("the root key is not a function of the seed")
	}
	s, err := sandbox.New(sandbox.Config{Seed: "one"})
	if err != nil || s.RootKey() != one {
		t.Errorf("the service has another root key (%v)", err)
	}
	unseeded, err := sandbox.New(sandbox.Config{})
	if err != nil || unseeded.RootKey() == sandbox.RootKeyFromSeed("") {
		t.Errorf("a service without sandboxtest.Seed has a root key anybody can know (%v)", err)
	}
}

func TestLinksSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	keep := func(cfg *sandbox.Config) { cfg.StateFile = path }
	s := sandboxtest.Start(t, keep)
	container := sandboxtest.OpenGenuineStore(t)
	c, companion := sandboxtest.Link(t, s, container, sandboxtest.PhoneA)
	c.Disconnect()
	if err := s.SetOnline(sandboxtest.PhoneA, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = sandboxtest.Start(t, keep)
	phones := s.Phones()
	if len(phones) != 1 || phones[0].Name != "Ana" || phones[0].Online || len(phones[0].Companions) != 1 {
		t.Fatalf("after the restart: %+v", phones)
	}
	if got := phones[0].Companions[0]; got.JID != companion.JID || got.LID != companion.LID || got.PreKeys != 811 { // the phone has taken one to write to the device
		t.Errorf("after the restart: %+v, before: %+v", got, companion)
	}
	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := sandboxtest.NewClient(t, s, device)
	again.MustConnect()
	sandboxtest.WaitFor[*events.Connected](again, 1)
	if left, err := filepath.Glob(path + ".[0-9]*"); err != nil || len(left) > 0 {
		t.Errorf("half-written files left: %v %v", left, err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := sandbox.New(sandbox.Config{Seed: sandboxtest.Seed})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddPhone(sandboxtest.PhoneA, "Ana"); err != nil {
		t.Fatal(err)
	}
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	sandboxtest.WaitFor[*events.Disconnected](c, 1)
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("Scan after Close: %v", err)
	}
	if err := s.Start(); !errors.Is(err, sandbox.ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
	// What is left belongs to the client and its store.
	sandboxtest.Eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before+3 })
}

func TestPhones(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	for _, number := range []string{"", "123", "08123456789", "+6281234567", "62812345678901234", "62812x4567"} {
		if _, err := s.AddPhone(number, ""); !errors.Is(err, sandbox.ErrPhoneNumber) {
			t.Errorf("%q: %v", number, err)
		}
	}
	if _, err := s.AddPhone(sandboxtest.PhoneA, "again"); !errors.Is(err, sandbox.ErrPhoneExists) {
		t.Errorf("same number twice: %v", err)
	}
	for name, err := range map[string]error{
		"RemovePhone": s.RemovePhone(sandboxtest.PhoneB), "Unlink": s.Unlink(sandboxtest.PhoneB, ""),
		"SetOnline": s.SetOnline(sandboxtest.PhoneB, true), "SetPasskey": s.SetPasskey(sandboxtest.PhoneB, true),
	} {
		if !errors.Is(err, sandbox.ErrPhoneUnknown) {
			t.Errorf("%s of an unknown phone: %v", name, err)
		}
	}
	if err := s.Unlink(sandboxtest.PhoneA, sandboxtest.PhoneA+":3@s.whatsapp.net"); !errors.Is(err, sandbox.ErrCompanionUnknown) {
		t.Errorf("unknown device: %v", err)
	}
}

func TestWebsocketIsRefusedToWebPages(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	for origin, want := range map[string]int{
		"https://web.whatsapp.com": http.StatusSwitchingProtocols,
		"https://example.com":      http.StatusForbidden,
		"":                         http.StatusForbidden,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+strings.TrimPrefix(s.URL(), "ws"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
			"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": origin,
		} {
			request.Header.Set(name, value)
		}
		response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.StatusCode != want {
			t.Errorf("origin %q: status %d, want %d", origin, response.StatusCode, want)
		}
	}
}

func TestConnectionCostsOneGoroutine(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	container := sandboxtest.OpenStore(t)
	before := runtime.NumGoroutine()
	const devices = 40
	for range devices {
		c := sandboxtest.NewClient(t, s, container.NewDevice())
		c.MustConnect()
		sandboxtest.WaitFor[*events.QR](c, 1)
	}
	// The library itself keeps four per connection.
	sandboxtest.Eventually(t, "the goroutines settle", func() bool {
		return runtime.NumGoroutine()-before <= devices*(4+1)+5
	})
	if got := len(s.Connections()); got != devices {
		t.Errorf("%d connections", got)
	}
}
