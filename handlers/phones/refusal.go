package phones

import (
	"errors"

	"wadah/session/sandbox"
	"wadah/session/sandbox/handset"
)

// refusal is why a phone does not do what it was asked. Its code is one that
// views.Lang.Invalid knows.
type refusal struct {
	code string
	err  error
}

// Error describes the refusal for the log.
func (r *refusal) Error() string {
	if r.err == nil {
		return r.code
	}
	return r.code + ": " + r.err.Error()
}

// Unwrap returns the cause.
func (r *refusal) Unwrap() error { return r.err }

// refusals is what a person can mend, with the code the panel has a sentence for.
var refusals = []struct {
	err  error
	code string
}{
	{sandbox.ErrPhoneNumber, "phone_number"},
	{sandbox.ErrPlatform, "phone_platform"},
	{sandbox.ErrPhoneExists, "phone_exists"},
	{sandbox.ErrPhoneUnknown, "phone_unknown"},
	{sandbox.ErrPhoneOffline, "phone_offline"},
	{sandbox.ErrPhoneFull, "phone_full"},
	{sandbox.ErrQRText, "qr_expired"},
	{sandbox.ErrQRUnknown, "qr_expired"},
	{sandbox.ErrQRExpired, "qr_expired"},
	{sandbox.ErrQRTooEarly, "qr_expired"},
	{sandbox.ErrQRMismatch, "qr_expired"},
	{sandbox.ErrLinking, "busy"},
	{sandbox.ErrCodeFormat, "code_wrong"},
	{sandbox.ErrCodeUnknown, "code_nobody"},
	{sandbox.ErrCodeWrong, "code_wrong"},
	{sandbox.ErrCodeExpired, "code_wrong"},
	{sandbox.ErrPasskeyUnknown, "passkey_over"},
	{sandbox.ErrPasskeyOptions, "passkey_over"},
	{sandbox.ErrPasskeyRefused, "passkey_over"},
	{sandbox.ErrDeviceGone, "timeout"},
	{sandbox.ErrDeviceRefused, "conflict"},
	{sandbox.ErrDeviceSilent, "timeout"},
	{sandbox.ErrCompanionUnknown, "not_found"},
	{sandbox.ErrTargetUnknown, "fault_offline"},
	{sandbox.ErrTargetOffline, "fault_offline"},
	{handset.ErrOffline, "phone_offline"},
	{handset.ErrRecipient, "phone_unknown"},
	{handset.ErrMessage, "not_found"},
	{handset.ErrContent, "message_empty"},
}

// refuse makes a refusal of what a person can mend; other errors pass through.
func refuse(err error) error {
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return &refusal{known.code, err}
		}
	}
	return err
}

// codeOf is the code of what a person can mend; "" for everything else.
func codeOf(err error) string {
	var refused *refusal
	if errors.As(refuse(err), &refused) {
		return refused.code
	}
	return ""
}
