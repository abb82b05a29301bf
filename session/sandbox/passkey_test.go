package sandbox_test

import (
	"encoding/json"
	"errors"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

// askPasskey scans the code of a new device with a phone that wants a passkey, and
// returns the device and the request it got.
func askPasskey(t *testing.T, s *sandbox.Service) (*sandboxtest.Client, []byte) {
	t.Helper()
	if err := s.SetPasskey(sandboxtest.PhoneA, true); err != nil {
		t.Fatal(err)
	}
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	code := sandboxtest.WaitFor[*events.QR](c, 1).Codes[0]
	if _, err := s.Scan(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrPasskeyAsked) {
		t.Fatalf("Scan: got %v, want %v", err, sandbox.ErrPasskeyAsked)
	}
	options, err := json.Marshal(sandboxtest.WaitFor[*events.PairPasskeyRequest](c, 1).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return c, options
}

func answerPasskey(t *testing.T, s *sandbox.Service, options []byte) *types.WebAuthnResponse {
	t.Helper()
	raw, err := s.AnswerPasskey(sandboxtest.PhoneA, options)
	if err != nil {
		t.Fatal(err)
	}
	var answer types.WebAuthnResponse
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	return &answer
}

func TestPasskeyLinksADevice(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, options := askPasskey(t, s)
	if got := s.Phones()[0].Linking; len(got) != 1 || got[0].Step != sandbox.StepPasskey {
		t.Errorf("phone shows %+v", got)
	}
	if err := c.SendPasskeyResponse(t.Context(), answerPasskey(t, s, options)); err != nil {
		t.Fatal(err)
	}
	confirmation := sandboxtest.WaitFor[*events.PairPasskeyConfirmation](c, 1)
	if !confirmation.SkipHandoffUX {
		t.Error("the device should have proven that its own code was scanned")
	}
	if got := s.Phones()[0].Linking; len(got) != 1 || got[0].Step != sandbox.StepConfirm || got[0].Code != confirmation.Code {
		t.Errorf("phone shows %+v, the device %q", got, confirmation.Code)
	}
	if err := c.SendPasskeyConfirmation(t.Context()); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.PairSuccess](c, 1)
	sandboxtest.WaitFor[*events.Connected](c, 1)
	if got := s.Phones()[0]; len(got.Companions) != 1 || len(got.Linking) != 0 {
		t.Errorf("phone lists %+v", got)
	}
}

func TestPasskeyRefuses(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, options := askPasskey(t, s)

	var other types.WebAuthnPublicKey
	if err := json.Unmarshal(options, &other); err != nil {
		t.Fatal(err)
	}
	other.Challenge[0] ^= 1
	stale, err := json.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	good, forged := answerPasskey(t, s, options), answerPasskey(t, s, options)
	forged.Response.Signature[len(forged.Response.Signature)-1] ^= 1
	for name, answer := range map[string]*types.WebAuthnResponse{
		"another challenge": answerPasskey(t, s, stale), "a forged signature": forged,
	} {
		if err := c.SendPasskeyResponse(t.Context(), answer); !isIQError(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.AnswerPasskey(sandboxtest.PhoneA, []byte(`{"rpId":"example.com"}`)); !errors.Is(err, sandbox.ErrPasskeyOptions) {
		t.Errorf("foreign options: %v", err)
	}
	if err := s.ConfirmPasskey(sandboxtest.PhoneA); !errors.Is(err, sandbox.ErrPasskeyUnknown) {
		t.Errorf("confirmed too early: %v", err)
	}
	// The right answer still works.
	if err := c.SendPasskeyResponse(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.PairPasskeyConfirmation](c, 1)
	if err := c.SendPasskeyConfirmation(t.Context()); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}

func TestPasskeyStepsBelongToALink(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c := sandboxtest.NewClient(t, s, sandboxtest.OpenStore(t).NewDevice())
	c.MustConnect()
	sandboxtest.WaitFor[*events.QR](c, 1)
	err := c.SendPasskeyResponse(t.Context(), &types.WebAuthnResponse{})
	if !errors.Is(err, whatsmeow.ErrIQBadRequest) {
		t.Errorf("a passkey nobody asked for: %v", err)
	}
}

func TestPasskeyWithoutProofNeedsTheCodeCompared(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	c, options := askPasskey(t, s)
	// The library proves only once that its own code was scanned; the second
	// answer comes without the proof.
	for n := range 2 {
		if err := c.SendPasskeyResponse(t.Context(), answerPasskey(t, s, options)); err != nil {
			t.Fatal(err)
		}
		if got := sandboxtest.WaitFor[*events.PairPasskeyConfirmation](c, n+1); got.SkipHandoffUX != (n == 0) {
			t.Errorf("answer %d: %+v", n+1, got)
		}
	}
	if err := c.SendPasskeyConfirmation(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.Phones()[0]; len(got.Companions) != 0 || len(got.Linking) != 1 {
		t.Errorf("linked although nobody compared the codes: %+v", got)
	}
	if err := s.ConfirmPasskey(sandboxtest.PhoneA); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}

func TestPasskeyAfterCode(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if err := s.SetPasskey(sandboxtest.PhoneA, true); err != nil {
		t.Fatal(err)
	}
	c, code := askCode(t, s, sandboxtest.PhoneA)
	if _, err := s.EnterCode(t.Context(), sandboxtest.PhoneA, code); !errors.Is(err, sandbox.ErrPasskeyAsked) {
		t.Fatalf("EnterCode: got %v, want %v", err, sandbox.ErrPasskeyAsked)
	}
	options, err := json.Marshal(sandboxtest.WaitFor[*events.PairPasskeyRequest](c, 1).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SendPasskeyResponse(t.Context(), answerPasskey(t, s, options)); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.PairPasskeyConfirmation](c, 1)
	if err := c.SendPasskeyConfirmation(t.Context()); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitFor[*events.Connected](c, 1)
}
