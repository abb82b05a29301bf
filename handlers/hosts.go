package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"wadah/views"
)

// errWrongHost answers who asks for another host than this installation's.
var errWrongHost = failure{
	Status: http.StatusMisdirectedRequest, Code: "wrong_host",
	Message: "This installation answers to another host name. Use the address that --public-url names, or add this one to it.",
}

// isOurs reports whether a Host is one of this installation: once it has a public URL, no
// other names. A page of another site can make its own name lead here, but no address and
// not localhost; those are how programs on the machine, and proxies that pass no name
// on, reach it.
func (s *Server) isOurs(hostport string) bool {
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

// losesLogins is the address to sign in at, when a browser forgets who is signed in at the
// one it came to: logins travel over https alone once that is the public URL, and an
// address in the network has none. "" where it does not.
func (s *Server) losesLogins(r *http.Request) string {
	u := s.cfg.PublicURL
	if u == nil || u.Scheme != "https" || isSecure(r, s.cfg.TrustedProxies) || isLoopbackHost(r.Host) || hostName(r.Host) == hostName(u.Host) {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// ownHosts are the names of the public URLs.
func ownHosts(cfg Config) []string {
	var names []string
	for _, u := range cfg.publicURLs() {
		names = append(names, hostName(u.Host))
	}
	return names
}

// publicURLs are all addresses of this installation that the outside has named.
func (c Config) publicURLs() []*url.URL {
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

// wrongHost says which name was used and how to make it ours.
func (s *Server) wrongHost(r *http.Request) *failure {
	seen := views.WrongHost{Host: clip(r.Host), Public: s.cfg.PublicURL.Scheme + "://" + s.cfg.PublicURL.Host}
	s.log.Info("a request for another host was refused", "host", seen.Host, "public_url", seen.Public,
		"peer", r.RemoteAddr, "mend", "use that address, let the proxy in between pass it on, or add the other to WADAH_PUBLIC_URL")
	f := errWrongHost
	f.words = func(lang views.Lang) views.ProblemWords { return lang.WrongHost(seen) }
	return &f
}
