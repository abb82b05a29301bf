package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/session"
)

// What linking by phone number or passkey takes.
var (
	pairNumber = &parameter{name: "phone", also: []string{"number"}, kind: kindNumber, missing: &web.Failure{
		Status: http.StatusBadRequest, Code: "number_missing",
		Message: "Send the phone number as phone, for example phone=6281234567890.",
	}, wrong: &web.Failure{
		Status: http.StatusUnprocessableEntity, Code: "bad_number",
		Message: "This is no complete phone number. Send its digits with the country code, for example 6281234567890, without letters or an extension.",
	}}
	// pairRenew asks for another code although one can still be typed.
	pairRenew = &parameter{name: "renew", kind: kindYes, wrong: &web.Failure{
		Status: http.StatusBadRequest, Code: "bad_renew",
		Message: "renew must be 1 (ask WhatsApp for another code) or 0.",
	}}
	passkeyResponse = &parameter{name: "response", kind: kindText, missing: &web.Failure{
		Status: http.StatusBadRequest, Code: "response_missing",
		Message: "Send what the browser made of the passkey request as response.",
	}}
)

// getPairCode links by phone number instead of QR: it answers the 8 characters
// that are typed into WhatsApp on the phone, {"code","message","expires","state"}. While
// a code for the same number lives, it is the answer, unless renew is set.
func (s *Calls) getPairCode(c echo.Context, call deviceCall) error {
	snap, err := s.devices.PairPhone(c.Request().Context(), call.snap.ID, call.in.text(pairNumber), call.in.yes(pairRenew))
	if err != nil {
		return err
	}
	if snap.Phone == nil {
		return noCode(snap)
	}
	if was := call.snap.Phone; was == nil || *was != *snap.Phone {
		s.noteCall(c, call, audit.DevicePair)
	}
	return web.WriteResults(c, struct {
		Code    string        `json:"code"`
		Message string        `json:"message"`
		Expires *string       `json:"expires"`
		State   session.State `json:"state"`
	}{
		snap.Phone.Text, "On the phone open WhatsApp, Linked devices, Link a device, Link with phone number, and type this code.",
		web.Stamp(snap.Phone.Expires), snap.State,
	})
}

// noCode explains why there is no phone code: as with the QR, in the words of the
// device's state.
func noCode(snap session.Snapshot) *web.Failure {
	f := noQR(snap)
	if snap.State == session.StateScan {
		f.Code, f.Message = "code_pending", "WhatsApp has not issued a code. Try again in a few seconds."
		f.RetryAfter = 5 * time.Second
	}
	return f
}

// getPasskeyRequest answers what WhatsApp wants signed before it links, for
// navigator.credentials.get on its own page: {"request","code","confirm","deadline","state"}.
// Code is the one to compare with the phone's once it is known.
func (s *Calls) getPasskeyRequest(c echo.Context, call deviceCall) error {
	pk := call.snap.Passkey
	if pk == nil {
		return noPasskey(call.snap)
	}
	request := json.RawMessage(pk.Request)
	if !json.Valid(request) {
		request = json.RawMessage("null")
	}
	return web.WriteResults(c, struct {
		Request  json.RawMessage `json:"request"`
		Code     *string         `json:"code"`
		Confirm  bool            `json:"confirm"`
		Deadline *string         `json:"deadline"`
		State    session.State   `json:"state"`
	}{request, known(pk.Code), pk.Confirm, web.Stamp(pk.Deadline), call.snap.State})
}

// sendPasskeyResponse passes the browser's assertion on to WhatsApp.
func (s *Calls) sendPasskeyResponse(c echo.Context, call deviceCall) error {
	if call.snap.Passkey == nil {
		return noPasskey(call.snap)
	}
	if err := s.devices.AnswerPasskey(c.Request().Context(), call.snap.ID, []byte(call.in.text(passkeyResponse))); err != nil {
		return err
	}
	s.noteCall(c, call, audit.DevicePasskey)
	return writeMessage(c, "The answer was sent to WhatsApp. Compare the code of getPasskeyRequest with the phone's, then call confirmPasskey.")
}

// confirmPasskey continues once the person has compared the codes.
func (s *Calls) confirmPasskey(c echo.Context, call deviceCall) error {
	if call.snap.Passkey == nil {
		return noPasskey(call.snap)
	}
	if err := s.devices.ConfirmPasskey(c.Request().Context(), call.snap.ID); err != nil {
		return err
	}
	s.noteCall(c, call, audit.DevicePasskeyConfirm)
	return writeMessage(c, "Confirmed. WhatsApp is linking the device; watch getState.")
}

func noPasskey(snap session.Snapshot) *web.Failure {
	return &web.Failure{
		Status: http.StatusConflict, Code: "no_passkey", State: snap.State, Reason: snap.Reason,
		Message: "WhatsApp does not ask for a passkey now.",
	}
}
