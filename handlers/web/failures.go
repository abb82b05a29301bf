package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/session"
)

// problems is the one table from errors of the layers below to what clients are
// told. The first row that errors.Is matches decides; what no row matches is a 500.
// Errors that carry data of their own are handled in FailureOf.
var problems = []struct {
	err error
	Failure
}{
	{session.ErrNoDevice, Failure{Status: http.StatusNotFound, Code: "not_found", Message: "There is no such device."}},
	{models.ErrNotFound, Failure{Status: http.StatusNotFound, Code: "not_found", Message: "There is nothing here any more."}},
	{models.ErrConflict, Failure{Status: http.StatusConflict, Code: "conflict", Message: "Something else already has this value. Choose another one."}},
	{session.ErrAlreadyLinked, Failure{
		Status: http.StatusConflict, Code: "already_linked",
		Message: "The device is already linked. Log it out first to link it again.",
	}},
	{session.ErrNotLinking, Failure{
		Status: http.StatusConflict, Code: "not_linking",
		Message: "The device is not being linked now. Call serviceStart first.",
	}},
	{session.ErrTooManyDevices, Failure{
		Status: http.StatusConflict, Code: "too_many_devices",
		Message: "This installation has as many devices as it may have. Delete one, or raise WADAH_MAX_DEVICES.",
	}},
	{session.ErrBusy, Failure{
		Status: http.StatusConflict, Code: "busy", RetryAfter: 5 * time.Second,
		Message: "The device is being logged out or deleted. Try again in a few seconds.",
	}},
	{session.ErrRateLimited, Failure{
		Status: http.StatusTooManyRequests, Code: "rate_limited", RetryAfter: time.Minute,
		Message: "WhatsApp refuses more attempts for now. Wait a while and try again.",
	}},
	{session.ErrBadNumber, Failure{
		Status: http.StatusUnprocessableEntity, Code: "bad_number",
		Message: "WhatsApp does not accept this phone number. Send it with its country code, for example 6281234567890.",
	}},
	{session.ErrNoLink, Failure{
		Status: http.StatusConflict, Code: "not_linked",
		Message: "The device is not linked to a WhatsApp account. Call serviceStart and link it first.",
	}},
	{session.ErrShuttingDown, Failure{
		Status: http.StatusServiceUnavailable, Code: "shutting_down", RetryAfter: 5 * time.Second,
		Message: "The server is restarting. Try again in a few seconds.",
	}},
	{models.ErrBusy, Failure{
		Status: http.StatusServiceUnavailable, Code: "signin_busy", RetryAfter: BusyWait,
		Message: "Too many passwords are being checked right now. Try again in a few seconds.",
	}},
	{session.ErrUnsaved, Failure{
		Status: http.StatusServiceUnavailable, Code: "not_stored", RetryAfter: 10 * time.Second,
		Message: "The device is off, but the server could not store that. It goes on trying; until then a restart of the server would switch the device on again.",
	}},
	{models.ErrStorage, ErrStorage},
	{models.ErrCorrupt, ErrStorage},
	{session.ErrStorage, ErrStorage},
	{context.DeadlineExceeded, Failure{
		Status: http.StatusServiceUnavailable, Code: "timeout", RetryAfter: 5 * time.Second,
		Message: "This took too long. Try again in a few seconds.",
	}},
}

// BusyWait is when the line of passwords is likely to be shorter.
const BusyWait = 3 * time.Second

// ErrStorage is a store that cannot be used now.
var ErrStorage = Failure{
	Status: http.StatusServiceUnavailable, Code: "storage", RetryAfter: 10 * time.Second,
	Message: "The server cannot use its storage right now. Try again; its administrator finds the cause in the log.",
}

// errGivenUp answers a client that has gone away. Without an answer net/http would send
// an empty 200.
var errGivenUp = &Failure{
	Status: http.StatusServiceUnavailable, Code: "given_up", RetryAfter: time.Second,
	Message: "The client gave up before there was an answer. Keep the connection open until it comes.",
}

// ErrForbidden answers whose role is too low.
var ErrForbidden = &Failure{
	Status: http.StatusForbidden, Code: "forbidden",
	Message: "Your role does not allow this.",
}

// ErrInternal is what must not happen.
var ErrInternal = Failure{
	Status: http.StatusInternalServerError, Code: "internal",
	Message: "Something went wrong on the server. Try again; its administrator finds the cause in the log.",
}

// FailureOf turns any error into what the client is told.
func FailureOf(err error) *Failure {
	var f *Failure
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
		return (&Failure{
			Status: http.StatusUnprocessableEntity, Code: "bad_passkey",
			Message: "This is no usable answer to the passkey request. Ask for the request again and send the browser's whole answer.",
		}).Because(err)
	}
	var proxy *session.ProxyError
	if errors.As(err, &proxy) {
		return (&Failure{
			Status: http.StatusBadGateway, Code: "proxy_failed",
			Message: "The proxy of this device does not let us through. Check its address and password.",
		}).Because(err)
	}
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return (&Failure{Status: http.StatusUnprocessableEntity, Code: invalid.Code, Message: invalid.Message}).Because(err)
	}
	if f := messageFailure(err); f != nil {
		return f.Because(err)
	}
	for i := range problems {
		if errors.Is(err, problems[i].err) {
			return problems[i].Because(err)
		}
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		return httpFailure(he).Because(err)
	}
	return ErrInternal.Because(err)
}

// httpFailure translates what echo itself reports.
func httpFailure(he *echo.HTTPError) *Failure {
	switch he.Code {
	case http.StatusNotFound:
		return &Failure{Status: he.Code, Code: "not_found", Message: "There is no such address. Check its spelling."}
	case http.StatusMethodNotAllowed:
		return &Failure{
			Status: he.Code, Code: "method_not_allowed",
			Message: "This address does not know this method. The Allow header lists those it knows.",
		}
	case http.StatusRequestEntityTooLarge:
		return &Failure{Status: he.Code, Code: "body_too_large", Message: "The body is too large."}
	case http.StatusForbidden:
		return &Failure{Status: he.Code, Code: "forbidden", Message: "You may not do this."}
	}
	if he.Code >= http.StatusBadRequest && he.Code < http.StatusInternalServerError {
		return &Failure{Status: he.Code, Code: "bad_request", Message: "The request cannot be served as it is."}
	}
	return &ErrInternal
}

func bannedFailure(b *session.BannedError) *Failure {
	f := &Failure{
		Status: http.StatusConflict, Code: "banned", State: session.StateOff, Reason: session.ReasonBanned, cause: b,
		Message: "WhatsApp has locked this account for a while. It can be started again when the lock ends.",
	}
	if wait := time.Until(b.Until); !b.Until.IsZero() && wait > 0 {
		f.RetryAfter = wait
	}
	return f
}

// tooManyCodes tells whose limit of phone codes is reached and until when.
func tooManyCodes(e *session.TooManyCodesError) *Failure {
	if e.ForNumber {
		return &Failure{
			Status: http.StatusTooManyRequests, Code: "too_many_codes_number", RetryAfter: e.Wait, cause: e,
			Message: "As many codes as a phone number gets in an hour were asked for this one. Wait as long as Retry-After says, or scan the QR code.",
		}
	}
	return &Failure{
		Status: http.StatusTooManyRequests, Code: "too_many_codes", RetryAfter: e.Wait, cause: e,
		Message: "This device was given as many phone codes as it gets in an hour. Wait as long as Retry-After says, or scan the QR code.",
	}
}
