package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// Answers tells clients what went wrong: the only place that does.
type Answers struct {
	log *slog.Logger
	// family are the paths that are answered in the envelope of the family's system API.
	family map[string]bool
	// page answers people: with a page, or a part of one.
	page func(c echo.Context, f *Failure) error
}

// NewAnswers makes them.
func NewAnswers(log *slog.Logger, family map[string]bool, page func(c echo.Context, f *Failure) error) *Answers {
	return &Answers{log, family, page}
}

// HandleError is echo's HTTPErrorHandler. It answers JSON under /api, a fragment or a page
// elsewhere, and logs what is ours to mend once.
func (s *Answers) HandleError(err error, c echo.Context) {
	f := FailureOf(err)
	if c.Request().Context().Err() != nil && errors.Is(err, context.Canceled) {
		f = errGivenUp // nobody's fault; and a client that has closed only one direction reads the answer
	} else {
		LogFailure(s.log, c, f)
	}
	if c.Response().Committed {
		return
	}
	f.WriteHeaders(c.Response().Header())
	switch {
	case s.family[strings.TrimSuffix(c.Request().URL.Path, "/")]:
		err = WriteJSON(c, f.Status, f.FamilyJSON())
	case IsAPI(c.Request()):
		err = WriteJSON(c, f.Status, f.JSON())
	default:
		err = s.page(c, f)
	}
	if err != nil {
		s.log.Debug("error answer not sent", "err", err)
	}
}

// LogFailure writes down what is ours to mend.
func LogFailure(log *slog.Logger, c echo.Context, f *Failure) {
	if f.Status < http.StatusInternalServerError {
		return
	}
	log.Error("request failed", "route", c.Path(), "method", c.Request().Method,
		"status", f.Status, "code", f.Code, "request_id", RequestID(c), "err", f.cause)
}

// IsAPI reports whether r wants JSON whatever happens.
func IsAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}
