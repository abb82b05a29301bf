package models_test

import (
	"testing"

	"github.com/pquerna/otp/totp"
)

func TestRemoveFactors(t *testing.T) {
	s := newFixture(t)
	ctx := t.Context()
	user := s.user("ani", "viewer")
	enrolment, err := s.EnrolTOTP(ctx, user.ID, "Wadah")
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(enrolment.Secret, s.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ConfirmTOTP(ctx, user.ID, code); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddPasskey(ctx, user.ID, "Laptop", []byte{1}, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveFactors(ctx, user.ID); err != nil {
		t.Fatal(err)
	}
	has, err := s.HasTOTP(ctx, user.ID)
	left, leftErr := s.RecoveryCodesLeft(ctx, user.ID)
	keys, keysErr := s.Passkeys(ctx, user.ID)
	if has || left > 0 || len(keys) > 0 || err != nil || leftErr != nil || keysErr != nil {
		t.Errorf("left: app %v, %d recovery codes, %d passkeys; %v %v %v", has, left, len(keys), err, leftErr, keysErr)
	}
}
