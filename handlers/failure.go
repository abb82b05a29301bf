package handlers

import (
	"net/http"
	"strconv"
	"time"

	"wadah/session"
	"wadah/views"
)

// failure is what a client is told when a request did not succeed. Message is an
// English sentence that says what to mend; Code is machine-readable and stable.
// A failure never carries internal error text: cause is for the log alone.
type failure struct {
	Status  int
	Code    string
	Message string

	// State and Reason say how the device stands, when that is why.
	State  session.State
	Reason session.Reason
	// RetryAfter is when trying again makes sense; zero leaves it out.
	RetryAfter time.Duration

	// words are what the panel says instead of its usual sentences; nil for those.
	words func(views.Lang) views.ProblemWords

	cause error
}

// Error describes the failure for the log.
func (f *failure) Error() string {
	if f.cause == nil {
		return f.Code
	}
	return f.Code + ": " + f.cause.Error()
}

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.cause }

// because copies the failure with the error behind it.
func (f failure) because(cause error) *failure {
	f.cause = cause
	return &f
}

// writeHeaders sets the headers that go with the failure.
func (f *failure) writeHeaders(h http.Header) {
	if f.RetryAfter > 0 {
		seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="wadah"`)
	}
}

// json is the failure in the envelope of the device calls.
func (f *failure) json() []byte {
	b := append([]byte(`{"code":`), strconv.Itoa(f.Status)...)
	b = append(b, `,"results":{"message":`...)
	b = appendString(b, f.Message)
	b = append(b, `,"error":`...)
	b = appendString(b, f.Code)
	if f.State != "" {
		b = append(b, `,"state":`...)
		b = appendString(b, string(f.State))
		b = append(b, `,"reason":`...)
		b = appendString(b, string(f.Reason))
	}
	return append(b, "}}"...)
}

// Failures of requests that could not be understood.
var (
	errBadJSON = &failure{
		Status: http.StatusBadRequest, Code: "bad_json",
		Message: `The body is not valid JSON. Send one object, for example {"apiKey":"…"}.`,
	}
	errBadMultipart = &failure{
		Status: http.StatusBadRequest, Code: "bad_multipart",
		Message: "The multipart body is broken. Let your HTTP library build it, or send a plain form.",
	}
	errBrokenBody = &failure{
		Status: http.StatusBadRequest, Code: "broken_body",
		Message: "The body ended before it was complete. Check Content-Length and send the request again.",
	}
	errEncodedBody = &failure{
		Status: http.StatusUnsupportedMediaType, Code: "encoded_body",
		Message: "Compressed bodies are not read. Send the body without Content-Encoding.",
	}
	errBodyTooLarge = &failure{
		Status: http.StatusRequestEntityTooLarge, Code: "body_too_large",
		Message: "The body is larger than this server takes. These calls need only a few short values.",
	}
	errTwoKeys = &failure{
		Status: http.StatusBadRequest, Code: "two_keys",
		Message: "The request carries two different API keys. Send exactly one, in one place.",
	}
	errBadWait = &failure{
		Status: http.StatusBadRequest, Code: "bad_wait",
		Message: "wait must be a whole number of seconds from 0 to 25.",
	}
)

// errUnauthorized answers a missing, unknown, expired or revoked key alike.
var errUnauthorized = &failure{
	Status: http.StatusUnauthorized, Code: "unauthorized",
	Message: "No valid API key. Send the key of your device as apiKey (form, JSON or query), as X-Api-Key, or as Authorization: Bearer.",
}
