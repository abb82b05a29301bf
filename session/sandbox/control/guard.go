package control

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"wadah/session/sandbox"
)

var (
	errBody   = errors.New("the request's body is not what this path expects")
	errLocal  = errors.New("the control API answers programs on this machine only, addressed to localhost: no proxy, and no web page of another site")
	errPath   = errors.New("the control API has no such path")
	errMethod = errors.New("this path of the control API wants another method")
)

// problem is an error as the control API tells it.
type problem struct {
	Code    string `json:"error"`
	Message string `json:"message"`
	status  int
}

// knownProblem is an error with its answer.
type knownProblem struct {
	err    error
	status int
	code   string
}

// problems is the one table of errors and their answers; the first that matches
// counts.
var problems = []knownProblem{
	{errBody, http.StatusBadRequest, "bad_request"},
	{errLocal, http.StatusForbidden, "not_local"},
	{errPath, http.StatusNotFound, "not_found"},
	{errMethod, http.StatusMethodNotAllowed, "method_not_allowed"},
	{sandbox.ErrClosed, http.StatusServiceUnavailable, "closed"},
	{sandbox.ErrPhoneNumber, http.StatusBadRequest, "phone_number"},
	{sandbox.ErrPlatform, http.StatusBadRequest, "platform"},
	{sandbox.ErrPhoneExists, http.StatusConflict, "phone_exists"},
	{sandbox.ErrPhoneUnknown, http.StatusNotFound, "phone_unknown"},
	{sandbox.ErrPhoneOffline, http.StatusConflict, "phone_offline"},
	{sandbox.ErrPhoneFull, http.StatusConflict, "phone_full"},
	{sandbox.ErrQRText, http.StatusBadRequest, "qr_text"},
	{sandbox.ErrQRPicture, http.StatusBadRequest, "qr_picture"},
	{sandbox.ErrQRUnknown, http.StatusNotFound, "qr_unknown"},
	{sandbox.ErrQRExpired, http.StatusGone, "qr_expired"},
	{sandbox.ErrQRTooEarly, http.StatusConflict, "qr_too_early"},
	{sandbox.ErrQRMismatch, http.StatusConflict, "qr_mismatch"},
	{sandbox.ErrLinking, http.StatusConflict, "linking"},
	{sandbox.ErrCodeFormat, http.StatusBadRequest, "code_format"},
	{sandbox.ErrCodeUnknown, http.StatusNotFound, "code_unknown"},
	{sandbox.ErrCodeWrong, http.StatusConflict, "code_wrong"},
	{sandbox.ErrCodeExpired, http.StatusGone, "code_expired"},
	{sandbox.ErrPasskeyAsked, http.StatusAccepted, "passkey_asked"},
	{sandbox.ErrPasskeyRefused, http.StatusConflict, "passkey_refused"},
	{sandbox.ErrPasskeyUnknown, http.StatusNotFound, "passkey_unknown"},
	{sandbox.ErrPasskeyOptions, http.StatusBadRequest, "passkey_options"},
	{sandbox.ErrDeviceGone, http.StatusConflict, "device_gone"},
	{sandbox.ErrDeviceRefused, http.StatusConflict, "device_refused"},
	{sandbox.ErrDeviceForged, http.StatusConflict, "device_forged"},
	{sandbox.ErrDeviceSilent, http.StatusGatewayTimeout, "device_silent"},
	{sandbox.ErrCompanionUnknown, http.StatusNotFound, "companion_unknown"},
	{sandbox.ErrTargetUnknown, http.StatusNotFound, "target_unknown"},
	{sandbox.ErrTargetOffline, http.StatusConflict, "target_offline"},
	{sandbox.ErrFault, http.StatusBadRequest, "fault"},
	{sandbox.ErrOutageMode, http.StatusBadRequest, "outage_mode"},
	{sandbox.ErrStateFile, http.StatusInternalServerError, "state_file"},
	{context.Canceled, http.StatusRequestTimeout, "canceled"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout"},
}

// describeProblem finds the answer for an error. The texts of this package's
// errors are made for the reader; what the system says about a file is not.
func describeProblem(err error) problem {
	for _, p := range slices.Concat(chatProblems, problems) {
		if !errors.Is(err, p.err) {
			continue
		}
		message := err.Error()
		if p.status == http.StatusInternalServerError {
			message = p.err.Error()
		}
		return problem{Code: p.code, Message: message, status: p.status}
	}
	return problem{Code: "internal", Message: "something went wrong in the sandbox", status: http.StatusInternalServerError}
}

// guard lets through what comes from a program on this machine.
func (a *api) guard(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running := a.service.Do(func() {
			if err := a.admit(mux, r); err != nil {
				a.answer(w, nil, err)
				return
			}
			mux.ServeHTTP(w, r)
		})
		if !running {
			a.answer(w, nil, sandbox.ErrClosed)
		}
	})
}

// admit says why a request is not answered; nil when it is.
func (a *api) admit(mux *http.ServeMux, r *http.Request) error {
	if !a.local(r) {
		return errLocal
	}
	if _, pattern := mux.Handler(r); pattern == "" {
		return missing(mux, r)
	}
	return nil
}

// missing tells an unknown path from a wrong method.
func missing(mux *http.ServeMux, r *http.Request) error {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "" {
			return errMethod
		}
	}
	return errPath
}
