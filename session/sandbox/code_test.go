package sandbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

// askCode connects a new device and asks for a code for a phone.
func askCode(t *testing.T, s *sandbox.Service, number string) (*sandboxtest.Client, string) {
	t.Helper()
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
	code, err := c.PairPhone(t.Context(), number, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	if err != nil {
		t.Fatalf("PairPhone: %v", err)
	}
	return c, code
}

func TestCodeLinksADevice(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, code := askCode(t, s, sandboxtest.PhoneA)
	companion, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, strings.ToLower(code))
	if err != nil {
		t.Fatalf("EnterCode: %v", err)
	}
	if got := sandboxtest.WaitFor[*events.PairSuccess](c, 1).ID.String(); got != companion.JID {
		t.Errorf("device is %s, phone says %s", got, companion.JID)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
	if unknown := s.Stats().Unknown; len(unknown) > 0 {
		t.Errorf("requests the service does not know: %v", unknown)
	}
}

func TestWrongCodeCanBeCorrected(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, code := askCode(t, s, sandboxtest.PhoneA)
	wrong := "1" + code[1:]
	if code[0] == '1' {
		wrong = "2" + code[1:]
	}
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, wrong); !errors.Is(err, sandbox.ErrCodeWrong) {
		t.Fatalf("wrong code: %v", err)
	}
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, code); err != nil {
		t.Fatalf("right code afterwards: %v", err)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}

func TestThreeWrongCodesEndTheAttempt(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	_, code := askCode(t, s, sandboxtest.PhoneA)
	wrong := strings.Map(func(r rune) rune {
		if r == '-' {
			return r
		}
		return 'Z'
	}, code)
	for range 3 {
		if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, wrong); !errors.Is(err, sandbox.ErrCodeWrong) {
			t.Fatalf("wrong code: %v", err)
		}
	}
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrCodeUnknown) {
		t.Errorf("right code after three wrong ones: %v", err)
	}
}

func TestEnterCodeRefuses(t *testing.T) {
	s := sandboxtest.Start(t, func(cfg *sandbox.Config) { cfg.CodeLife = time.Nanosecond })
	for _, code := range []string{"", "ABCD", "ABCD-EFG0", "ABCD-EFGH-JKLM"} {
		if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrCodeFormat) {
			t.Errorf("%q: %v", code, err)
		}
	}
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, "ABCD-EFGH"); !errors.Is(err, sandbox.ErrCodeUnknown) {
		t.Errorf("no device waits: %v", err)
	}
	_, code := askCode(t, s, sandboxtest.PhoneA)
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrCodeExpired) {
		t.Errorf("old code: %v", err)
	}
}

func TestAskingForACodeRefuses(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
	ask := func(number, display string) error {
		_, err := c.PairPhone(t.Context(), number, true, whatsmeow.PairClientChrome, display)
		return err
	}
	if err := s.Inject("", sandbox.Fault{Kind: sandbox.FaultCodeRateLimit}); err != nil {
		t.Fatal(err)
	}
	if err := ask(sandboxtest.PhoneA, "Chrome (Linux)"); !errors.Is(err, whatsmeow.ErrIQRateOverLimit) {
		t.Errorf("rate limit: %v", err)
	}
	if err := ask(sandboxtest.PhoneA, "Toaster"); !errors.Is(err, whatsmeow.ErrIQBadRequest) {
		t.Errorf("strange client name: %v", err)
	}
	if err := ask(sandboxtest.PhoneB, "Chrome (Linux)"); !errors.Is(err, whatsmeow.ErrIQNotFound) {
		t.Errorf("number without WhatsApp: %v", err)
	}
	if err := ask(sandboxtest.PhoneA, "Chrome (Linux)"); err != nil {
		t.Errorf("in order: %v", err)
	}
}
