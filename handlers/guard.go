package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/panel/signin"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
)

// Failures of the way into the panel.
var (
	errSignedOut = &web.Failure{
		Status: http.StatusUnauthorized, Code: "signed_out",
		Message: "Sign in first.",
	}
)

// guard is what stands before every handler: it finds out who asks, and lets those pass who may.
type guard struct {
	site    *web.Site
	answers *web.Answers
	logins  *visitor.Logins
	signin  *signin.Pages
	devices *session.Manager
	trail   *audit.Trail
	maxBody int64
	log     *slog.Logger
}

// around wraps a route with everything that happens before its handler, once, when
// the router is built.
func (g *guard) around(r web.Route) echo.HandlerFunc {
	switch r.May {
	case web.APIKey, web.SystemSecret:
		return g.survive(r.Do)
	case web.Open:
		return g.survive(g.withHeaders(r.Do))
	case web.Loopback:
		return g.survive(r.Do)
	case web.ScanLink, web.Invited:
		return g.logged(g.survive(g.withHeaders(g.withStranger(r.Do))))
	case web.Anyone, web.Setup, web.Viewer, web.Operator, web.Admin:
	}
	do := r.Do
	if r.Proven {
		do = g.signin.WithProof(do)
	}
	return g.logged(g.survive(g.withHeaders(g.withVisitor(r.May, do))))
}

// survive turns a panic into a 500 and logs it with its stack. A handler that aborts
// on purpose is let through.
func (g *guard) survive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(r)
			}
			g.log.Error("recovered from a panic", "route", c.Path(), "panic", r, "stack", string(debug.Stack()))
			err = web.ErrInternal.Because(fmt.Errorf("panic: %v", r))
		}()
		return next(c)
	}
}

// withHeaders sets the security headers of the panel.
func (g *guard) withHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		g.site.SetHeaders(c)
		return next(c)
	}
}

// logged writes one line per request of the panel: the route, never the address
// itself, which may hold a token or a phone number.
func (g *guard) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		if err := next(c); err != nil {
			g.answers.HandleError(err, c)
		}
		status := c.Response().Status
		line := g.log.Debug
		if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
			line = g.log.Info
		}
		line("request", "method", c.Request().Method, "route", c.Path(), "status", status,
			"bytes", c.Response().Size, "took", time.Since(began), "from", g.site.ClientAddr(c), "request_id", web.RequestID(c))
		return nil
	}
}

// withVisitor refuses cross-site writes, bounds the body, finds out who asks, whether
// that person's role allows it and whether the device is one that person may see.
func (g *guard) withVisitor(may web.Permission, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := g.site.OwnForm(c); err != nil {
			return err
		}
		web.BoundBody(c, g.maxBody)
		v, err := g.logins.Recognise(c)
		if err != nil {
			return err
		}
		v.Remember(c)
		if err := g.admit(c, may, v); err != nil {
			visitor.NoteRefusal(c, g.trail, g.devices, err, "")
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
		if err := g.withinSight(c, v); err != nil {
			return err
		}
		return next(c)
	}
}

// withStranger is withVisitor for the pages behind a scan link or an invitation: whoever holds it
// may use them, and nobody is recognised. The handlers look the link up.
func (g *guard) withStranger(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := g.site.OwnForm(c); err != nil {
			return err
		}
		web.BoundBody(c, g.maxBody)
		if err := g.logins.Ignore(c); err != nil {
			return err
		}
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		if r.Method == http.MethodPost {
			if err := r.ParseForm(); err != nil {
				return web.FormFailure(err)
			}
		}
		return next(c)
	}
}
