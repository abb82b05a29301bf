package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/session"
)

// Failure is what a client is told when a request did not succeed. Message is an
// English sentence that says what to mend; Code is machine-readable and stable.
// A failure never carries internal error text: cause is for the log alone.
type Failure struct {
	Status  int
	Code    string
	Message string

	// State and Reason say how the device stands, when that is why.
	State  session.State
	Reason session.Reason
	// RetryAfter is when trying again makes sense; zero leaves it out.
	RetryAfter time.Duration

	// More are further members of the answer, by name: moments, WhatsApp's code, an ID.
	More map[string]any

	// Seen is what the panel's sentences tell beside the code: a CrossSite or WrongHost; nil
	// for nothing.
	Seen any

	cause error
}

// Error describes the failure for the log.
func (f *Failure) Error() string {
	if f.cause == nil {
		return f.Code
	}
	return f.Code + ": " + f.cause.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.cause }

// Because copies the failure with the error behind it.
func (f Failure) Because(cause error) *Failure {
	f.cause = cause
	return &f
}

// WriteHeaders sets the headers that go with the failure.
func (f *Failure) WriteHeaders(h http.Header) {
	if f.RetryAfter > 0 {
		seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="wadah"`)
	}
}

// JSON is the failure in the envelope of the device calls.
func (f *Failure) JSON() []byte {
	b := append([]byte(`{"code":`), strconv.Itoa(f.Status)...)
	b = append(b, `,"results":{"message":`...)
	b = AppendString(b, f.Message)
	b = append(b, `,"error":`...)
	b = AppendString(b, f.Code)
	if f.State != "" {
		b = append(b, `,"state":`...)
		b = AppendString(b, string(f.State))
		b = append(b, `,"reason":`...)
		b = AppendString(b, string(f.Reason))
	}
	for _, name := range slices.Sorted(maps.Keys(f.More)) {
		b = append(AppendString(append(b, ','), name), ':')
		b = AppendAny(b, f.More[name])
	}
	return append(b, "}}"...)
}

// FamilyJSON is the failure in the envelope of the system API.
func (f *Failure) FamilyJSON() []byte {
	b := AppendString([]byte(`{"status":false,"message":`), f.Message)
	return append(AppendString(append(b, `,"error":`...), f.Code), '}')
}

// TooMany answers a client that asks too often and may ask again after wait.
func TooMany(wait time.Duration) *Failure {
	return &Failure{
		Status: http.StatusTooManyRequests, Code: "too_many_requests", RetryAfter: wait,
		Message: "Too many requests. Wait as long as Retry-After says, then ask less often; /api/events tells changes without asking.",
	}
}

// SetRetryAfter says when the next attempt may be made.
func SetRetryAfter(c echo.Context, wait time.Duration) {
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
}
