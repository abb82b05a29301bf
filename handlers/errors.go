package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/session"
)

// problems is the one table from errors of the layers below to what clients are
// told. The first row that errors.Is matches decides; what no row matches is a 500.
// Errors that carry data of their own are handled in failureOf.
var problems = []struct {
	err error
	failure
}{
	{session.ErrNoDevice, failure{Status: http.StatusNotFound, Code: "not_found", Message: "There is no such device."}},
	{models.ErrNotFound, failure{Status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here any more."}},
	{models.ErrConflict, failure{Status: http.StatusConflict, Code: "conflict", Message: "Something else already has this value. Choose another one."}},
	{session.ErrAlreadyLinked, failure{
		Status: http.StatusConflict, Code: "already_linked",
		Message: "The device is already linked. Log it out first to link it again.",
	}},
	{session.ErrNotLinking, failure{
		Status: http.StatusConflict, Code: "not_linking",
		Message: "The device is not being linked now. Call serviceStart first.",
	}},
	{session.ErrTooManyDevices, failure{
		Status: http.StatusConflict, Code: "too_many_devices",
		Message: "This installation has as many devices as it may have. Delete one, or raise WADAH_MAX_DEVICES.",
	}},
	{session.ErrBusy, failure{
		Status: http.StatusConflict, Code: "busy", RetryAfter: 5 * time.Second,
		Message: "The device is being logged out or deleted. Try again in a few seconds.",
	}},
	{session.ErrRateLimited, failure{
		Status: http.StatusTooManyRequests, Code: "rate_limited", RetryAfter: time.Minute,
		Message: "WhatsApp refuses more attempts for now. Wait a while and try again.",
	}},
	{session.ErrBadNumber, failure{
		Status: http.StatusUnprocessableEntity, Code: "bad_number",
		Message: "WhatsApp does not accept this phone number. Send it with its country code, for example 6281234567890.",
	}},
	{session.ErrNoLink, failure{
		Status: http.StatusConflict, Code: "not_linked",
		Message: "The device is not linked to a WhatsApp account. Call serviceStart and link it first.",
	}},
	{session.ErrShuttingDown, failure{
		Status: http.StatusServiceUnavailable, Code: "shutting_down", RetryAfter: 5 * time.Second,
		Message: "The server is restarting. Try again in a few seconds.",
	}},
	{models.ErrBusy, failure{
		Status: http.StatusServiceUnavailable, Code: "signin_busy", RetryAfter: busyWait,
		Message: "Too many passwords are being checked right now. Try again in a few seconds.",
	}},
	{session.ErrUnsaved, failure{
		Status: http.StatusServiceUnavailable, Code: "not_stored", RetryAfter: 10 * time.Second,
		Message: "The device is off, but the server could not store that. It goes on trying; until then a restart of the server would switch the device on again.",
	}},
	{models.ErrStorage, storageFailure},
	{models.ErrCorrupt, storageFailure},
	{session.ErrStorage, storageFailure},
	{context.DeadlineExceeded, failure{
		Status: http.StatusServiceUnavailable, Code: "timeout", RetryAfter: 5 * time.Second,
		Message: "This took too long. Try again in a few seconds.",
	}},
}

// busyWait is when the line of passwords is likely to be shorter.
const busyWait = 3 * time.Second

var storageFailure = failure{
	Status: http.StatusServiceUnavailable, Code: "storage", RetryAfter: 10 * time.Second,
	Message: "The server cannot use its storage right now. Try again; its administrator finds the cause in the log.",
}

// errGivenUp answers a client that has gone away. Without an answer net/http would send
// an empty 200.
var errGivenUp = &failure{
	Status: http.StatusServiceUnavailable, Code: "given_up", RetryAfter: time.Second,
	Message: "The client gave up before there was an answer. Keep the connection open until it comes.",
}

var internalFailure = failure{
	Status: http.StatusInternalServerError, Code: "internal",
	Message: "Something went wrong on the server. Try again; its administrator finds the cause in the log.",
}

// failureOf turns any error into what the client is told.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var banned *session.BannedError
	if errors.As(err, &banned) {
		return bannedFailure(banned)
	}
	var codes *session.TooManyCodesError
	if errors.As(err, &codes) {
		return tooManyCodes(codes)
	}
	var answer *session.BadAnswerError
	if errors.As(err, &answer) {
		return (&failure{
			Status: http.StatusUnprocessableEntity, Code: "bad_passkey",
			Message: "This is no usable answer to the passkey request. Ask for the request again and send the browser's whole answer.",
		}).because(err)
	}
	var proxy *session.ProxyError
	if errors.As(err, &proxy) {
		return (&failure{
			Status: http.StatusBadGateway, Code: "proxy_failed",
			Message: "The proxy of this device does not let us through. Check its address and password.",
		}).because(err)
	}
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return (&failure{Status: http.StatusUnprocessableEntity, Code: invalid.Code, Message: invalid.Message}).because(err)
	}
	for i := range problems {
		if errors.Is(err, problems[i].err) {
			return problems[i].because(err)
		}
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		return httpFailure(he).because(err)
	}
	return internalFailure.because(err)
}

// httpFailure translates what echo itself reports.
func httpFailure(he *echo.HTTPError) *failure {
	switch he.Code {
	case http.StatusNotFound:
		return &failure{Status: he.Code, Code: "not_found", Message: "There is no such address. Check its spelling."}
	case http.StatusMethodNotAllowed:
		return &failure{
			Status: he.Code, Code: "method_not_allowed",
			Message: "This address does not know this method. The Allow header lists those it knows.",
		}
	case http.StatusRequestEntityTooLarge:
		return &failure{Status: he.Code, Code: "body_too_large", Message: "The body is too large."}
	case http.StatusForbidden:
		return &failure{Status: he.Code, Code: "forbidden", Message: "You may not do this."}
	}
	if he.Code >= http.StatusBadRequest && he.Code < http.StatusInternalServerError {
		return &failure{Status: he.Code, Code: "bad_request", Message: "The request cannot be served as it is."}
	}
	return &internalFailure
}

func bannedFailure(b *session.BannedError) *failure {
	f := &failure{
		Status: http.StatusConflict, Code: "banned", State: session.StateOff, Reason: session.ReasonBanned, cause: b,
		Message: "WhatsApp has locked this account for a while. It can be started again when the lock ends.",
	}
	if wait := time.Until(b.Until); !b.Until.IsZero() && wait > 0 {
		f.RetryAfter = wait
	}
	return f
}

// handleError is echo's HTTPErrorHandler: the only place that answers errors. It
// answers JSON under /api, a fragment or a page elsewhere, and logs what is ours to
// mend once.
func (s *Server) handleError(err error, c echo.Context) {
	f := failureOf(err)
	if c.Request().Context().Err() != nil && errors.Is(err, context.Canceled) {
		f = errGivenUp // nobody's fault; and who has closed only one direction reads the answer
	} else {
		s.logFailure(c, f)
	}
	if c.Response().Committed {
		return
	}
	f.writeHeaders(c.Response().Header())
	switch {
	case isSystemAPI(c.Request()):
		err = writeJSON(c, f.Status, f.familyJSON())
	case isAPI(c.Request()):
		err = writeJSON(c, f.Status, f.json())
	default:
		err = s.renderProblem(c, f)
	}
	if err != nil {
		s.log.Debug("error answer not sent", "err", err)
	}
}

func (s *Server) logFailure(c echo.Context, f *failure) {
	if f.Status < http.StatusInternalServerError {
		return
	}
	s.log.Error("request failed", "route", c.Path(), "method", c.Request().Method,
		"status", f.Status, "code", f.Code, "request_id", requestID(c), "err", f.cause)
}

// isAPI reports whether r wants JSON whatever happens.
func isAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}
