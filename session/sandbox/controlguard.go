package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
)

var (
	errControlBody   = errors.New("the request's body is not what this path expects")
	errControlPeer   = errors.New("the control API answers only requests from this machine, addressed to localhost")
	errControlSite   = errors.New("the control API does not answer web pages of other sites")
	errControlPath   = errors.New("the control API has no such path")
	errControlMethod = errors.New("this path of the control API wants another method")
)

// problem is an error as the control API tells it.
type problem struct {
	Code    string `json:"error"`
	Message string `json:"message"`
	status  int
}

// problems is the one table of errors and their answers; the first that matches
// counts.
var problems = []struct {
	err    error
	status int
	code   string
}{
	{errControlBody, http.StatusBadRequest, "bad_request"},
	{errControlPeer, http.StatusForbidden, "loopback_only"},
	{errControlSite, http.StatusForbidden, "cross_site"},
	{errControlPath, http.StatusNotFound, "not_found"},
	{errControlMethod, http.StatusMethodNotAllowed, "method_not_allowed"},
	{ErrClosed, http.StatusServiceUnavailable, "closed"},
	{ErrPhoneNumber, http.StatusBadRequest, "phone_number"},
	{ErrPlatform, http.StatusBadRequest, "platform"},
	{ErrPhoneExists, http.StatusConflict, "phone_exists"},
	{ErrPhoneUnknown, http.StatusNotFound, "phone_unknown"},
	{ErrPhoneOffline, http.StatusConflict, "phone_offline"},
	{ErrPhoneFull, http.StatusConflict, "phone_full"},
	{ErrQRText, http.StatusBadRequest, "qr_text"},
	{ErrQRPicture, http.StatusBadRequest, "qr_picture"},
	{ErrQRUnknown, http.StatusNotFound, "qr_unknown"},
	{ErrQRExpired, http.StatusGone, "qr_expired"},
	{ErrQRTooEarly, http.StatusConflict, "qr_too_early"},
	{ErrQRMismatch, http.StatusConflict, "qr_mismatch"},
	{ErrLinking, http.StatusConflict, "linking"},
	{ErrCodeFormat, http.StatusBadRequest, "code_format"},
	{ErrCodeUnknown, http.StatusNotFound, "code_unknown"},
	{ErrCodeWrong, http.StatusConflict, "code_wrong"},
	{ErrCodeExpired, http.StatusGone, "code_expired"},
	{ErrPasskeyAsked, http.StatusAccepted, "passkey_asked"},
	{ErrPasskeyRefused, http.StatusConflict, "passkey_refused"},
	{ErrPasskeyUnknown, http.StatusNotFound, "passkey_unknown"},
	{ErrPasskeyOptions, http.StatusBadRequest, "passkey_options"},
	{ErrDeviceGone, http.StatusConflict, "device_gone"},
	{ErrDeviceRefused, http.StatusConflict, "device_refused"},
	{ErrDeviceForged, http.StatusConflict, "device_forged"},
	{ErrDeviceSilent, http.StatusGatewayTimeout, "device_silent"},
	{ErrCompanionUnknown, http.StatusNotFound, "companion_unknown"},
	{ErrTargetUnknown, http.StatusNotFound, "target_unknown"},
	{ErrTargetOffline, http.StatusConflict, "target_offline"},
	{ErrFault, http.StatusBadRequest, "fault"},
	{ErrOutageMode, http.StatusBadRequest, "outage_mode"},
	{ErrStateFile, http.StatusInternalServerError, "state_file"},
	{context.Canceled, http.StatusRequestTimeout, "canceled"},
	{context.DeadlineExceeded, http.StatusGatewayTimeout, "timeout"},
}

// describeProblem finds the answer for an error. The texts of this package's
// errors are made for the reader; what the system says about a file is not.
func describeProblem(err error) problem {
	for _, p := range problems {
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

// guard lets through requests of this machine only. The host name is checked
// because a web page can make its own name resolve to loopback (DNS rebinding).
func (s *Service) guard(mux *http.ServeMux) http.Handler {
	sites := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			s.answer(w, nil, ErrClosed)
			return
		}
		defer s.work.Done()
		_, pattern := mux.Handler(r)
		switch {
		case !loopbackHost(r.RemoteAddr) || !loopbackHost(r.Host):
			s.answer(w, nil, errControlPeer)
		case sites.Check(r) != nil || r.Header.Get("Sec-Fetch-Site") == "cross-site":
			s.answer(w, nil, errControlSite)
		case pattern == "":
			s.answer(w, nil, missing(mux, r))
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// missing tells an unknown path from a wrong method.
func missing(mux *http.ServeMux, r *http.Request) error {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "" {
			return errControlMethod
		}
	}
	return errControlPath
}

// loopbackHost says whether an address, with or without port, is this machine.
func loopbackHost(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
