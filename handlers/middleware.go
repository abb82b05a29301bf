package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"wadah/handlers/visitor"
	"wadah/handlers/web"

	"github.com/labstack/echo/v4"
)

// Failures of the way into the panel.
var (
	errSignedOut = &web.Failure{
		Status: http.StatusUnauthorized, Code: "signed_out",
		Message: "Sign in first.",
	}
)

// guard wraps a route with everything that happens before its handler, once, when
// the router is built.
func (s *Server) guard(r web.Route) echo.HandlerFunc {
	switch r.May {
	case web.APIKey, web.SystemSecret:
		return s.survive(r.Do)
	case web.Open:
		return s.survive(s.withHeaders(r.Do))
	case web.Loopback:
		return s.survive(r.Do)
	case web.ScanLink:
		return s.logged(s.survive(s.withHeaders(s.withStranger(r.Do))))
	case web.Anyone, web.Setup, web.Viewer, web.Operator, web.Admin:
	}
	do := r.Do
	if r.Proven {
		do = s.signin.WithProof(do)
	}
	return s.logged(s.survive(s.withHeaders(s.withVisitor(r.May, do))))
}

// survive turns a panic into a 500 and logs it with its stack. A handler that aborts
// on purpose is let through.
func (s *Server) survive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(r)
			}
			s.log.Error("recovered from a panic", "route", c.Path(), "panic", r, "stack", string(debug.Stack()))
			err = web.ErrInternal.Because(fmt.Errorf("panic: %v", r))
		}()
		return next(c)
	}
}

// withHeaders sets the security headers of the panel.
func (s *Server) withHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.site.SetHeaders(c)
		return next(c)
	}
}

// logged writes one line per request of the panel: the route, never the address
// itself, which may hold a token or a phone number.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		if err := next(c); err != nil {
			s.answers.HandleError(err, c)
		}
		status := c.Response().Status
		line := s.log.Debug
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			line = s.log.Info
		}
		line("request", "method", c.Request().Method, "route", c.Path(), "status", status,
			"bytes", c.Response().Size, "took", time.Since(began), "from", s.site.ClientAddr(c), "request_id", web.RequestID(c))
		return nil
	}
}

// withVisitor refuses cross-site writes, bounds the body, finds out who asks, whether
// that person's role allows it and whether the device is one that person may see.
func (s *Server) withVisitor(may web.Permission, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.site.OwnForm(c); err != nil {
			return err
		}
		web.BoundBody(c, s.limits.MaxBody)
		v, err := s.logins.Recognise(c)
		if err != nil {
			return err
		}
		v.Remember(c)
		if err := s.admit(c, may, v); err != nil {
			visitor.NoteRefusal(c, s.trail, s.manager, err, "")
			return err
		}
		if c.Response().Committed { // sent elsewhere
			return nil
		}
		// Of every request: a form that is read later would be looked for in a multipart
		// body, too, which withinSight has not seen.
		if err := r.ParseForm(); err != nil && r.Method == http.MethodPost {
			return web.FormFailure(err)
		}
		if err := s.withinSight(c, v); err != nil {
			return err
		}
		return next(c)
	}
}

// withStranger is withVisitor for the pages behind a scan link: whoever holds the link
// may use them, and nobody is recognised. The handlers look the link up.
func (s *Server) withStranger(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.site.OwnForm(c); err != nil {
			return err
		}
		web.BoundBody(c, s.limits.MaxBody)
		v := visitor.Stranger(c)
		if err := s.zones.Locate(c, v); err != nil {
			return err
		}
		v.Remember(c)
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil {
				return web.FormFailure(err)
			}
		}
		return next(c)
	}
}
