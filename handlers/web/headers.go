package web

import "github.com/labstack/echo/v4"

// contentPolicy lets a page load only what this server serves. Pictures may be data:
// URIs, because QR codes are never addressable files.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const siteKey = "site"

// SiteOf is the site whose headers an answer has: every answer to people does.
func SiteOf(c echo.Context) *Site { return c.Get(siteKey).(*Site) }

// SetHeaders sets the security headers of what people are shown.
func (s *Site) SetHeaders(c echo.Context) {
	c.Set(siteKey, s)
	h := c.Response().Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h["X-Content-Type-Options"] = NoSniff
	h.Set("X-Frame-Options", "DENY")
	if s.Secure(c.Request()) || IsLoopbackHost(c.Request().Host) {
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
