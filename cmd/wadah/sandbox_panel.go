package main

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"wadah/handlers"
	"wadah/session/sandbox"
)

// panelPhones gives the panel what it needs of a simulated WhatsApp. It is the
// only place that knows both.
func panelPhones(s *sandbox.Service) *handlers.Sandbox {
	return &handlers.Sandbox{
		Phones: func() []handlers.Phone { return phonesOf(s) },
		AddPhone: func(platform, number, name string) error {
			_, err := s.AddPhoneOf(sandbox.Platform(platform), number, name)
			return refusal(err)
		},
		RemovePhone: func(number string) error { return refusal(s.RemovePhone(number)) },
		Scan: func(ctx context.Context, number, qrText string) (bool, error) {
			_, err := s.Scan(ctx, number, qrText)
			return linked(err)
		},
		EnterCode: func(ctx context.Context, number, code string) (bool, error) {
			_, err := s.EnterCode(ctx, number, code)
			return linked(err)
		},
		Unlink:    func(number, jid string) error { return refusal(s.Unlink(number, jid)) },
		SetOnline: func(number string, online bool) error { return refusal(s.SetOnline(number, online)) },

		SetPasskey:     func(number string, on bool) error { return refusal(s.SetPasskey(number, on)) },
		AsksForPasskey: s.AsksForPasskey,
		AnswerPasskey: func(number string, request []byte) ([]byte, error) {
			answer, err := s.AnswerPasskey(number, request)
			return answer, refusal(err)
		},
		ConfirmPasskey: func(number string) error { return refusal(s.ConfirmPasskey(number)) },
		RefusePasskey:  func(number string) error { return refusal(s.RefusePasskey(number)) },

		Fault:       func(target string, f handlers.Fault) error { return refusal(strike(s, target, f)) },
		ClearFaults: s.ClearFaultsOf,
		SetOutage:   func(mode string) error { return s.SetOutage(sandbox.OutageMode(mode)) },
		Outage:      func() string { return string(s.Outage()) },
		Watch:       s.Watch,
		Control:     s.ControlHandler(),
	}
}

func phonesOf(s *sandbox.Service) []handlers.Phone {
	var out []handlers.Phone
	for _, p := range s.Phones() {
		phone := handlers.Phone{
			Number: p.Number, Name: p.Name, Platform: string(p.Platform), Online: p.Online, Passkey: p.Passkey,
			Code: p.CodeWaiting, Troubled: len(p.Faults) > 0,
		}
		for _, c := range p.Companions {
			phone.Companions = append(phone.Companions, handlers.Companion{
				JID: c.JID, OS: c.OS, Platform: c.Platform, LinkedAt: c.LinkedAt, LastActive: c.LastActive, Connected: c.Connected,
			})
		}
		for _, l := range p.Linking {
			phone.Linking = append(phone.Linking, handlers.PhoneLink{OS: l.OS, Step: string(l.Step), Code: l.Code})
		}
		out = append(out, phone)
	}
	return out
}

// linked tells a phone that asks for its passkey, which goes on, from one that refuses.
func linked(err error) (passkey bool, _ error) {
	if errors.Is(err, sandbox.ErrPasskeyAsked) {
		return true, nil
	}
	return false, refusal(err)
}

// What a fault that somebody tries out in the panel is like.
const (
	banCode     = 101
	banExpire   = 10 * time.Minute
	slowLatency = 3 * time.Second
	slowLasts   = time.Minute
)

// strike makes a fault of the panel's menu happen now. A refused login, such as
// connect_failure_401, needs a login to refuse: the connection is dropped so that
// one follows.
func strike(s *sandbox.Service, target string, f handlers.Fault) error {
	fault, err := faultOf(f)
	if err != nil {
		return err
	}
	if err := s.Inject(target, fault); err != nil {
		return err
	}
	if fault.Kind != sandbox.FaultConnectFailure && fault.Kind != sandbox.FaultDropAfterHandshake {
		return nil
	}
	err = s.Inject(target, sandbox.Fault{Kind: sandbox.FaultDrop})
	if errors.Is(err, sandbox.ErrTargetOffline) {
		return nil // the next login meets the fault
	}
	return err
}

// faultOf reads a fault of the panel: the kind, for a refused login with its reason,
// and "twice" for one that strikes two times.
func faultOf(f handlers.Fault) (sandbox.Fault, error) {
	kind, twice := strings.CutSuffix(f.Kind, "_twice")
	fault := sandbox.Fault{Kind: sandbox.FaultKind(kind)}
	if twice {
		fault.Count = 2
	}
	if code, refuses := strings.CutPrefix(kind, string(sandbox.FaultConnectFailure)+"_"); refuses {
		reason, err := strconv.Atoi(code)
		if err != nil {
			return fault, sandbox.ErrFault
		}
		fault.Kind, fault.Reason = sandbox.FaultConnectFailure, reason
		fault.Code, fault.Expire = banCode, cmp.Or(f.Lasts, banExpire)
	}
	if fault.Kind == sandbox.FaultSlow {
		fault.Latency, fault.Duration = slowLatency, slowLasts
	}
	return fault, nil
}

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
}

// refusal turns what a person can mend into what the panel tells.
func refusal(err error) error {
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return &handlers.SandboxRefusal{Code: known.code, Err: err}
		}
	}
	return err
}
