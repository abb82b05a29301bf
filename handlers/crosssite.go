package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/views"
)

var errCrossSite = &failure{
	Status: http.StatusForbidden, Code: "cross_site",
	Message: "This request came from another web site and was refused.",
}

// ownForm refuses what another web site has made a browser send. As most refusals come
// from a proxy that hides the address people use, page and log say what was seen
// and which setting mends it.
func (s *Server) ownForm(c echo.Context) error {
	r := c.Request()
	err := s.csrf.Check(r)
	if err == nil {
		return nil
	}
	seen := s.seenOrigin(r)
	s.log.Warn("a form from another origin was refused", "origin", clip(r.Header.Get("Origin")), "host", seen.Host, "peer", r.RemoteAddr,
		"sec_fetch_site", r.Header.Get("Sec-Fetch-Site"), "route", c.Path(), "mend", mendOrigin(seen), "request_id", requestID(c))
	f := errCrossSite.because(err)
	f.words = func(lang views.Lang) views.ProblemWords { return lang.CrossSite(seen) }
	return f
}

// seenOrigin is what a refused request says about where it comes from.
func (s *Server) seenOrigin(r *http.Request) views.CrossSite {
	seen := views.CrossSite{Host: clip(r.Host)}
	u, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return seen // "null", or nothing
	}
	seen.Origin = clip(u.Scheme + "://" + u.Host)
	seen.Setting = s.publicToo(seen.Origin)
	peer := peerOf(r)
	if !trustedBy(s.cfg.TrustedProxies, peer) && strings.EqualFold(forwardedHost(r), u.Host) {
		seen.Proxy, seen.Setting = peer.String(), s.trustToo(peer)
	}
	return seen
}

// publicToo is the setting that makes an origin ours beside the public URLs of now.
func (s *Server) publicToo(origin string) string {
	var list []string
	for _, u := range s.cfg.publicURLs() {
		list = append(list, u.Scheme+"://"+u.Host)
	}
	return "WADAH_PUBLIC_URL=" + strings.Join(append(list, origin), ",")
}

// mendOrigin is what lets such a form in, for the log.
func mendOrigin(seen views.CrossSite) string {
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
