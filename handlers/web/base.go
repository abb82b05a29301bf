package web

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// # Under a path
//
// With a public URL such as https://example.org/wadah the whole installation stands below a path,
// its base. Everything inside speaks of addresses from the root ("/devices/…"): routes, rights,
// log, views. The base is taken off where requests come in (Enter) and put before addresses where
// answers go out: in HTML (Place), in headers (PlaceHeaders) and cookies (SetCookieAt); scripts
// find it on <html> (data-base). The alternative, a function around each of the two hundred
// addresses that views and handlers write, would be more explicit, but one that is forgotten works
// everywhere except below a path, where none of us looks. This is possible because templates write
// HTML in one way only, and it costs nothing where there is no base.

// taken are the first parts of our own paths. A base may not begin with one: a request for
// /devices/devices could then be for two things, for proxies may take the base off or leave it on.
var taken = []string{
	"about", "account", "api", "audit", "audit.csv", "audit.json", "components", "confirm", "devices", "events", "favicon.ico", "healthz", "invite",
	"messages", "people", "phones", "prefs", "readyz", "reference", "robots.txt", "sandbox", "scan", "settings", "setup", "signin",
	"signout", "static", "webhooks",
}

// CanBeBase reports whether a path such as "/wadah" can stand before all of ours: parts of plain
// letters, the first of them none that we have already.
func CanBeBase(path string) bool {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, part := range parts {
		plain := func(c rune) bool {
			return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c)
		}
		if strings.Trim(part, ".") == "" || strings.ContainsFunc(part, func(c rune) bool { return !plain(c) }) {
			return false
		}
	}
	return strings.HasPrefix(path, "/") && !slices.Contains(taken, parts[0])
}

// Base is the path that the installation stands below, such as "/wadah"; "" for none.
func (s *Site) Base() string {
	if s.cfg.PublicURL == nil {
		return ""
	}
	return s.cfg.PublicURL.Path
}

// At is the address of a path of ours for the outside. Anything else stays as it is, what
// has the base already included.
func (s *Site) At(path string) string {
	base := s.Base()
	if base == "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || below(path, base) {
		return path
	}
	return base + path
}

// below reports whether a path is base or stands below it.
func below(path, base string) bool {
	rest, ok := strings.CutPrefix(path, base)
	return ok && (rest == "" || strings.ContainsRune("/?#", rune(rest[0])))
}

// Enter takes the base off an address that was asked for, unless a proxy has done so.
func (s *Site) Enter(r *http.Request) {
	base := s.Base()
	if base == "" || !below(r.URL.Path, base) || r.URL.RawPath != "" && !below(r.URL.RawPath, base) {
		return
	}
	off := func(path string) string {
		if path = strings.TrimPrefix(path, base); path == "" {
			return "/"
		}
		return path
	}
	r.URL.Path = off(r.URL.Path)
	if r.URL.RawPath != "" {
		r.URL.RawPath = off(r.URL.RawPath)
	}
}

// PlaceHeaders puts the base before the addresses that an answer leads to, when it is sent.
func (s *Site) PlaceHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		c.Response().Before(func() {
			for _, name := range []string{echo.HeaderLocation, "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"} {
				if to := h.Get(name); to != "" {
					h.Set(name, s.At(to))
				}
			}
		})
		return next(c)
	}
}

// places are the attributes of HTML that hold an address.
var places = []string{
	"href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url", "hx-sse:connect",
}

// Place puts the base before every address of ours in HTML, also in that of an event stream. It
// looks for `name="/` alone, as templates write it: what people wrote has no bare quotation mark,
// neither as text nor in an attribute, and so is never taken for one.
func (s *Site) Place(html []byte) []byte {
	base := s.Base()
	if base == "" {
		return html
	}
	out := make([]byte, 0, len(html)+len(html)/16)
	for {
		name, rest, found := bytes.Cut(html, []byte(`="/`))
		if !found {
			return append(out, html...)
		}
		out = append(out, name...)
		out = append(out, `="`...)
		if holdsAddress(name) && !bytes.HasPrefix(rest, []byte("/")) {
			out = append(out, base...)
		}
		out = append(out, '/')
		html = rest
	}
}

// holdsAddress reports whether markup ends with the name of an attribute that holds an address.
func holdsAddress(markup []byte) bool {
	at := bytes.LastIndexAny(markup, " \t\n")
	return at >= 0 && slices.Contains(places, string(markup[at+1:]))
}
