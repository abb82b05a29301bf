package handlers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
)

// contentPolicy lets a page load only what this server serves. Pictures may be data:
// URIs, because QR codes are never addressable files.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Failures of the way into the panel.
var (
	errForbidden = &failure{
		Status: http.StatusForbidden, Code: "forbidden",
		Message: "Your role does not allow this.",
	}
	errSignedOut = &failure{
		Status: http.StatusUnauthorized, Code: "signed_out",
		Message: "Sign in first.",
	}
)

// guard wraps a route with everything that happens before its handler, once, when
// the router is built.
func (s *Server) guard(r route) echo.HandlerFunc {
	switch r.may {
	case apiKey, systemSecret:
		return s.survive(r.do)
	case open:
		return s.survive(s.withHeaders(r.do))
	case loopback:
		return s.survive(r.do)
	case scanLink:
		return s.logged(s.survive(s.withHeaders(s.withStranger(r.do))))
	case anyone, setup, viewer, operator, admin:
	}
	do := r.do
	if r.proven {
		do = s.withProof(do)
	}
	return s.logged(s.survive(s.withHeaders(s.withVisitor(r.may, do))))
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
			err = internalFailure.because(fmt.Errorf("panic: %v", r))
		}()
		return next(c)
	}
}

// withHeaders sets the security headers of the panel.
func (s *Server) withHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		s.setHeaders(c)
		return next(c)
	}
}

func (s *Server) setHeaders(c echo.Context) {
	h := c.Response().Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h["X-Content-Type-Options"] = noSniff
	h.Set("X-Frame-Options", "DENY")
	if s.secure(c.Request()) || isLoopbackHost(c.Request().Host) {
		// Over plain http browsers ignore it, and report an error on every page.
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	// Addresses of the panel name devices and hold the tokens of set-up and scan links:
	// no other site hears of them. With no-referrer browsers would also say "null" instead
	// of our own origin when a form is sent, and over plain http there is nothing else
	// by which csrf.Check could tell our forms from those of other sites.
	h.Set("Referrer-Policy", "same-origin")
}

// logged writes one line per request of the panel: the route, never the address
// itself, which may hold a token or a phone number.
func (s *Server) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		if err := next(c); err != nil {
			s.handleError(err, c)
		}
		status := c.Response().Status
		line := s.log.Debug
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			line = s.log.Info
		}
		line("request", "method", c.Request().Method, "route", c.Path(), "status", status,
			"bytes", c.Response().Size, "took", time.Since(began), "from", s.clientAddr(c), "request_id", requestID(c))
		return nil
	}
}

// withVisitor refuses cross-site writes, bounds the body, finds out who asks, whether
// that person's role allows it and whether the device is one that person may see.
func (s *Server) withVisitor(may permission, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.ownForm(c); err != nil {
			return err
		}
		s.boundBody(c)
		v, err := s.recognise(c)
		if err != nil {
			return err
		}
		c.Set(visitorKey, v)
		if err := s.admit(c, may, v); err != nil {
			s.noteRefusal(c, err, "")
			return err
		}
		if c.Response().Committed { // sent elsewhere
			return nil
		}
		// Of every request: a form that is read later would be looked for in a multipart
		// body, too, which withinSight has not seen.
		if err := r.ParseForm(); err != nil && r.Method == http.MethodPost {
			return formFailure(err)
		}
		if err := s.withinSight(c, v); err != nil {
			return err
		}
		return next(c)
	}
}

// formFailure explains why a form could not be read.
func formFailure(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errBodyTooLarge
	}
	return errBrokenBody.because(err)
}

const requestIDKey = "request_id"

// requestID is what a request is called in the log and on error pages.
func requestID(c echo.Context) string {
	if id, ok := c.Get(requestIDKey).(string); ok {
		return id
	}
	id := rand.Text()[:12]
	c.Set(requestIDKey, id)
	if !c.Response().Committed {
		c.Response().Header().Set("X-Request-Id", id)
	}
	return id
}

// clientAddr is where the request came from, for logs and limits.
func (s *Server) clientAddr(c echo.Context) string {
	addr := clientAddr(c.Request(), s.cfg.TrustedProxies)
	if !addr.IsValid() {
		return "unknown"
	}
	return addr.String()
}
