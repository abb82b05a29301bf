package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"
)

// FormType is the media type of a plain form.
const FormType = "application/x-www-form-urlencoded"

// Failures of a body.
var (
	ErrBrokenBody = &Failure{
		Status: http.StatusBadRequest, Code: "broken_body",
		Message: "The body ended before it was complete. Check Content-Length and send the request again.",
	}
	ErrBodyTooLarge = &Failure{
		Status: http.StatusRequestEntityTooLarge, Code: "body_too_large",
		Message: "The body is larger than this server takes. These calls need only a few short values.",
	}
)

// BoundBody lets a handler read at most so many bytes of the body.
func BoundBody(c echo.Context, most int64) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, most)
}

// FormFailure explains why a form could not be read.
func FormFailure(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return ErrBodyTooLarge
	}
	return ErrBrokenBody.Because(err)
}
