package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// SiteConfig says where this installation is reached, and through what.
type SiteConfig struct {
	// PublicURL is where people reach this installation ("https://wa.example.com", or with a
	// path that CanBeBase), when that is not what their requests say; nil otherwise. With
	// https, cookies are marked Secure.
	PublicURL *url.URL
	// AlsoURLs are further addresses, without a path, that programs and proxies inside use. Once there is a
	// PublicURL, requests for any other host name are refused.
	AlsoURLs []*url.URL
	// CORSOrigins are the sites whose pages may call the API, such as
	// "https://app.example.com"; none by default.
	CORSOrigins []string
	// TrustedProxies are the peers whose forwarding headers are believed.
	TrustedProxies []netip.Prefix
	// SecureCookies marks cookies Secure whatever the request looks like.
	SecureCookies bool
}

// Site is this installation as requests see it: where it is reached, by which names, over
// TLS or not, and which peers stand before it.
type Site struct {
	cfg        SiteConfig
	hosts      []string // names of the public URLs
	csrf       *http.CrossOriginProtection
	forwarders forwarders
	log        *slog.Logger
}

// NewSite makes one.
func NewSite(cfg SiteConfig, log *slog.Logger) *Site {
	s := &Site{cfg: cfg, csrf: http.NewCrossOriginProtection(), log: log}
	for _, u := range cfg.PublicURLs() {
		s.hosts = append(s.hosts, hostName(u.Host))
		// Without this, a browser that sends no Sec-Fetch-Site would be refused behind a
		// proxy that changes the Host header.
		if err := s.csrf.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			log.Warn("the public URL cannot be trusted as an origin", "err", err)
		}
	}
	return s
}

// Proxies are the peers whose forwarding headers are believed.
func (s *Site) Proxies() []netip.Prefix { return s.cfg.TrustedProxies }

// WrongHost is a host name that this installation does not answer to.
type WrongHost struct {
	Host   string // what was asked for
	Public string // the address that people use, such as "https://wa.example.org"
}

// errWrongHost answers a request for another host than this installation's.
var errWrongHost = Failure{
	Status: http.StatusMisdirectedRequest, Code: "wrong_host",
	Message: "This installation answers to another host name. Use the address that --public-url names, or add this one to it.",
}

// IsOurs reports whether a Host is one of this installation: once it has a public URL, no
// other names. A page of another site can make its own name lead here, but no address and
// not localhost; those are how programs on the machine, and proxies that pass no name
// on, reach it.
func (s *Site) IsOurs(hostport string) bool {
	if s.cfg.PublicURL == nil {
		return true
	}
	host := hostName(hostport)
	if host == "" || host == "localhost" {
		return true
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return slices.Contains(s.hosts, host)
}

// LosesLogins is the address to sign in at, when a browser forgets who is signed in at the
// one it came to: logins travel over https alone once that is the public URL, and an
// address in the network has none. "" where it does not.
func (s *Site) LosesLogins(r *http.Request) string {
	u := s.cfg.PublicURL
	if u == nil || u.Scheme != "https" || isSecure(r, s.cfg.TrustedProxies) || IsLoopbackHost(r.Host) || hostName(r.Host) == hostName(u.Host) {
		return ""
	}
	return u.String()
}

// PublicURLs are all addresses of this installation that the outside has named.
func (c SiteConfig) PublicURLs() []*url.URL {
	if c.PublicURL == nil {
		return nil
	}
	return append([]*url.URL{c.PublicURL}, c.AlsoURLs...)
}

// hostName is the name in a Host header, in small letters and without port, brackets
// and the dot that may end it.
func hostName(hostport string) string {
	host := hostport
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && !strings.HasSuffix(hostport, "]") {
		host = hostport[:i]
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// RefuseHost says which name was used and how to make it ours.
func (s *Site) RefuseHost(r *http.Request) *Failure {
	seen := WrongHost{Host: clip(r.Host), Public: s.cfg.PublicURL.String()}
	s.log.Info("a request for another host was refused", "host", seen.Host, "public_url", seen.Public,
		"peer", r.RemoteAddr, "mend", "use that address, let the proxy in between pass it on, or add the other to WADAH_PUBLIC_URL")
	f := errWrongHost
	f.Seen = seen
	return &f
}

// Secure reports whether the browser reaches us over TLS.
func (s *Site) Secure(r *http.Request) bool {
	return s.cfg.SecureCookies || isSecure(r, s.cfg.TrustedProxies) ||
		s.cfg.PublicURL != nil && s.cfg.PublicURL.Scheme == "https"
}

// BaseURL is the address programs should use, without a slash at the end.
func (s *Site) BaseURL(c echo.Context) string { return s.Origin(c) + s.Base() }

// Origin is BaseURL without the path: what browsers call an origin.
func (s *Site) Origin(c echo.Context) string {
	if u := s.cfg.PublicURL; u != nil {
		return u.Scheme + "://" + u.Host
	}
	u := url.URL{Scheme: "http", Host: c.Request().Host}
	if s.Secure(c.Request()) {
		u.Scheme = "https"
	}
	return u.String()
}
