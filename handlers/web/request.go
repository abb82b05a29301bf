package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
)

// IsGet reports whether r asks for what an address shows, with or without its body.
func IsGet(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// IsFragment reports whether htmx asks for a part of a page rather than for a page.
func IsFragment(r *http.Request) bool {
	h := r.Header
	return h.Get("HX-Request") == "true" && h.Get("HX-Boosted") != "true" && h.Get("HX-History-Restore-Request") != "true"
}

// OwnPath is next when it is a path of this server, otherwise fallback. Browsers read
// a second slash or a backslash as the start of another host's address.
func OwnPath(next, fallback string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return fallback
	}
	return next
}

// WriteLimit is how long a client may take to accept a part of an answer. A client that takes longer
// is dropped.
const WriteLimit = 10 * time.Second

const requestIDKey = "request_id"

// RequestID is what a request is called in the log and on error pages.
func RequestID(c echo.Context) string {
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

// Recognised says that somebody has shown a key, a login or a link: their connection may
// wait longer for its next request than a stranger's.
func Recognised(c echo.Context) { limit.ConnOf(c.Request().Context()).Recognise() }

// AllowTime makes room for an answer that takes its time: the server's timeouts are
// meant for answers that come at once. Call what it returns when the waiting is over.
func AllowTime(c echo.Context, wait time.Duration) (over func()) {
	rc := http.NewResponseController(c.Response().Writer)
	end := time.Now().Add(wait)
	// A writer without deadlines needs no room, so these errors mean nothing.
	_ = rc.SetReadDeadline(end.Add(WriteLimit))
	_ = rc.SetWriteDeadline(end.Add(WriteLimit))
	// The connection lives on: a deadline left behind would break a later answer.
	return func() { _ = rc.SetWriteDeadline(time.Time{}) }
}
