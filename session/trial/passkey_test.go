//go:build !race

package trial_test

import (
	"context"
	"errors"
	"testing"

	"wadah/session"
	"wadah/session/sandbox"
)

// An account asks for a passkey while linking: the whole step, on both sides, after a
// scan and after a phone code.
func TestPasskeyStep(t *testing.T) {
	t.Parallel()
	for _, byCode := range []bool{false, true} {
		w := newWorld(t)
		must(t, w.svc.SetPasskey(phone, true))
		id := w.add("Kasir")
		w.start(id)
		w.askedForPasskey(id, byCode)

		s := w.await(id, "PAIRING/passkey")
		if s.Passkey == nil || len(s.Passkey.Request) == 0 || s.QR != nil || s.Phone != nil || s.Until.IsZero() {
			t.Fatalf("the step shows %+v, QR %v, code %v; want a request with a deadline alone", s.Passkey, s.QR, s.Phone)
		}
		var bad *session.BadAnswerError
		if err := w.Manager.AnswerPasskey(t.Context(), id, []byte(`{"id":`)); !errors.As(err, &bad) {
			t.Errorf("an answer cut short: %v, want a *BadAnswerError", err)
		}
		w.await(id, "PAIRING/passkey") // bad input changes nothing

		answer, err := w.svc.AnswerPasskey(phone, s.Passkey.Request)
		must(t, err)
		must(t, w.Manager.AnswerPasskey(t.Context(), id, answer))
		eventually(t, patience, func() error { return w.passedPasskey(id) })
		if s := w.snap(id); s.Passkey != nil && s.Passkey.Confirm {
			if s.Passkey.Code == "" {
				t.Error("there is no code to compare with the phone's")
			}
			must(t, w.svc.ConfirmPasskey(phone))
			must(t, w.Manager.ConfirmPasskey(t.Context(), id))
		}
		if s := w.await(id, "CONNECTED/ready"); s.Number() != phone || s.Passkey != nil {
			t.Errorf("connected as …%s with a passkey step %v", s.Number()[8:], s.Passkey)
		}
	}
}

// askedForPasskey lets the phone accept the device, which then wants a passkey.
func (w *world) askedForPasskey(id string, byCode bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if byCode {
		s, pairErr := w.PairPhone(ctx, id, phone, false)
		must(w.t, pairErr)
		_, err = w.svc.EnterCode(ctx, phone, s.Phone.Text)
	} else {
		s, waitErr := w.WaitCode(ctx, id)
		must(w.t, waitErr)
		_, err = w.svc.Scan(ctx, phone, s.QR.Text)
	}
	if !errors.Is(err, sandbox.ErrPasskeyAsked) {
		w.t.Fatalf("the phone says %v, want that it asks for a passkey", err)
	}
}

var errPasskeyOpen = errors.New("the passkey step is where it was")

// passedPasskey says whether WhatsApp has taken the answer: there is a code to
// compare, or the link goes on without one.
func (w *world) passedPasskey(id string) error {
	s := w.snap(id)
	if s.Passkey != nil && s.Passkey.Code == "" && s.Passkey.Request != nil {
		return errPasskeyOpen
	}
	return nil
}
