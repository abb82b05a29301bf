package main

import (
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
		AddPhone: func(number, name string) error {
			_, err := s.AddPhone(number, name)
			return refusal(err)
		},
		Scan: func(ctx context.Context, number, qrText string) error {
			_, err := s.Scan(ctx, number, qrText)
			return refusal(err)
		},
		EnterCode: func(ctx context.Context, number, code string) error {
			_, err := s.EnterCode(ctx, number, code)
			return refusal(err)
		},
		Unlink:    func(number, jid string) error { return refusal(s.Unlink(number, jid)) },
		SetOnline: func(number string, online bool) error { return refusal(s.SetOnline(number, online)) },
		Fault:     func(target, kind string) error { return refusal(strike(s, target, kind)) },
		SetOutage: func(mode string) error { return s.SetOutage(sandbox.OutageMode(mode)) },
		Outage:    func() string { return string(s.Outage()) },
		Control:   s.ControlHandler(),
	}
}

func phonesOf(s *sandbox.Service) []handlers.Phone {
	var out []handlers.Phone
	for _, p := range s.Phones() {
		phone := handlers.Phone{Number: p.Number, Name: p.Name, Online: p.Online}
		for _, c := range p.Companions {
			phone.Companions = append(phone.Companions, handlers.Companion{
				JID: c.JID, Platform: c.Platform, LinkedAt: c.LinkedAt, Connected: c.Connected,
			})
		}
		out = append(out, phone)
	}
	return out
}

// What a ban that somebody tries out in the panel says of itself.
const (
	banCode   = 101
	banExpire = 10 * time.Minute
)

// strike makes a fault of the panel's menu happen now. A refused login, such as
// connect_failure_401, needs a login to refuse: the connection is dropped so that
// one follows.
func strike(s *sandbox.Service, target, kind string) error {
	code, refuses := strings.CutPrefix(kind, string(sandbox.FaultConnectFailure)+"_")
	if !refuses {
		return s.Inject(target, sandbox.Fault{Kind: sandbox.FaultKind(kind)})
	}
	reason, err := strconv.Atoi(code)
	if err != nil {
		return sandbox.ErrFault
	}
	fault := sandbox.Fault{Kind: sandbox.FaultConnectFailure, Reason: reason}
	if reason == 402 {
		fault.Code, fault.Expire = banCode, banExpire
	}
	if err := s.Inject(target, fault); err != nil {
		return err
	}
	err = s.Inject(target, sandbox.Fault{Kind: sandbox.FaultDrop})
	if errors.Is(err, sandbox.ErrTargetOffline) {
		return nil // the next login meets the fault
	}
	return err
}

// refusal turns what a person can mend into the code the panel has a sentence for.
func refusal(err error) error {
	codes := []struct {
		err  error
		code string
	}{
		{sandbox.ErrPhoneNumber, "phone_number"},
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
		{sandbox.ErrCodeUnknown, "code_wrong"},
		{sandbox.ErrCodeWrong, "code_wrong"},
		{sandbox.ErrCodeExpired, "code_wrong"},
		{sandbox.ErrDeviceGone, "timeout"},
		{sandbox.ErrDeviceRefused, "conflict"},
		{sandbox.ErrDeviceSilent, "timeout"},
		{sandbox.ErrCompanionUnknown, "not_found"},
		{sandbox.ErrTargetUnknown, "fault_offline"},
		{sandbox.ErrTargetOffline, "fault_offline"},
	}
	for _, known := range codes {
		if errors.Is(err, known.err) {
			return &handlers.SandboxRefusal{Code: known.code, Err: err}
		}
	}
	return err
}
