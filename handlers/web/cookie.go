package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// SetCookie leaves a cookie that no script can read and no other site can use for
// writing. A time that is over takes it away.
func (s *Site) SetCookie(c echo.Context, name, value string, expires time.Time) {
	s.SetCookieAt(c, "/", name, value, expires)
}

// SetCookieAt is SetCookie for one that is sent to addresses below path alone. How long it
// lasts is said as a distance, too, for clients whose clock is wrong.
func (s *Site) SetCookieAt(c echo.Context, path, name, value string, expires time.Time) {
	lasts := int(time.Until(expires) / time.Second)
	if lasts <= 0 {
		lasts = -1 // "Max-Age=0"
	}
	c.SetCookie(&http.Cookie{ //nolint:gosec // G124: Secure is set whenever the browser speaks TLS, and would lock out plain http on loopback otherwise
		Name: name, Value: value, Path: s.cookiePath(path), Expires: expires, MaxAge: lasts,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure(c.Request()),
	})
}

// cookiePath is a path of ours for a cookie: that of the base has no slash at its end, so that
// the base itself belongs to it.
func (s *Site) cookiePath(path string) string {
	if base := s.Base(); base != "" && path == "/" {
		return base
	}
	return s.At(path)
}

// DropCookie takes a cookie away.
func (s *Site) DropCookie(c echo.Context, name string) { s.SetCookie(c, name, "", time.Unix(1, 0)) }

// CookieValue is the value of a cookie; "" when there is none.
func CookieValue(c echo.Context, name string) string {
	cookie, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}
