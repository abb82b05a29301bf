package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

var errCrossSite = &Failure{
	Status: http.StatusForbidden, Code: "cross_site",
	Message: "This request came from another web site and was refused.",
}

// CrossSite is what a refused form says about where it came from.
type CrossSite struct {
	Origin  string // such as "http://wa.example.org"; "" when the browser hides it
	Host    string // what the server was asked as
	Proxy   string // address of a proxy that names the same origin, but is not trusted; or ""
	Setting string // variable and value that let forms from the origin in; "" with an unknown one
}

// OwnForm refuses what another web site has made a browser send. As most refusals come
// from a proxy that hides the address people use, page and log say what was seen
// and which setting mends it.
func (s *Site) OwnForm(c echo.Context) error {
	r := c.Request()
	err := s.csrf.Check(r)
	if err == nil {
		return nil
	}
	seen := s.SeenOrigin(r)
	s.log.Warn("a form from another origin was refused", "origin", clip(r.Header.Get("Origin")), "host", seen.Host, "peer", r.RemoteAddr,
		"sec_fetch_site", r.Header.Get("Sec-Fetch-Site"), "route", c.Path(), "mend", mendOrigin(seen), "request_id", RequestID(c))
	f := errCrossSite.Because(err)
	f.Seen = seen
	return f
}

// SeenOrigin is what a refused request says about where it comes from.
func (s *Site) SeenOrigin(r *http.Request) CrossSite {
	seen := CrossSite{Host: clip(r.Host)}
	u, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return seen // "null", or nothing
	}
	seen.Origin = clip(u.Scheme + "://" + u.Host)
	seen.Setting = s.PublicToo(seen.Origin)
	peer := peerOf(r)
	if !s.Trusts(peer) && strings.EqualFold(forwardedHost(r), u.Host) {
		seen.Proxy, seen.Setting = peer.String(), s.TrustToo(peer)
	}
	return seen
}

// PublicToo is the setting that makes an origin ours beside the public URLs of now.
func (s *Site) PublicToo(origin string) string {
	var list []string
	for _, u := range s.cfg.PublicURLs() {
		list = append(list, u.String())
	}
	return "WADAH_PUBLIC_URL=" + strings.Join(append(list, origin), ",")
}

// mendOrigin is what lets such a form in, for the log.
func mendOrigin(seen CrossSite) string {
	switch {
	case seen.Origin == "":
		return "the browser hides where the form came from: an extension, a setting, or a page inside another"
	case seen.Proxy != "":
		return "if people use " + seen.Origin + ": " + seen.Setting
	}
	return "if people use " + seen.Origin + ": " + seen.Setting + ", or let the proxy in between pass the Host header on"
}

// clip shortens what somebody else has written, for page and log.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
