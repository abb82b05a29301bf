package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// FromThisMachine reports whether r was made on this machine, for this machine, by a
// program or by our own pages: a loopback peer, no sign of a proxy, a loopback Host (a
// foreign name may have been rebound to 127.0.0.1), and not on behalf of another web
// site. HTTP/1.0 is such a sign: nginx speaks it unless told otherwise, and without
// any header of a proxy.
func FromThisMachine(r *http.Request) bool {
	if !peerOf(r).IsLoopback() || !IsLoopbackHost(r.Host) || !r.ProtoAtLeast(1, 1) {
		return false
	}
	for name := range r.Header {
		if isForwarding(name) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	return isOwn(r, "Origin") && isOwn(r, "Referer")
}

// Keyless reports whether a request may do without a key: it comes from this machine, and
// nothing says that people reach this installation from elsewhere, through a proxy
// that may be on this machine, too.
func (s *Site) Keyless(r *http.Request) bool {
	for _, u := range s.cfg.PublicURLs() {
		if !IsLoopbackHost(u.Host) {
			return false
		}
	}
	return len(s.cfg.TrustedProxies) == 0 && FromThisMachine(r)
}

// IsNavigation reports whether a browser shows the answer as a page: somebody has
// followed a link, perhaps one in a mail, or typed an address.
func IsNavigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html") // browsers before 2023
}

// isOwn reports whether the header, when present, names the very host that was asked.
func isOwn(r *http.Request, header string) bool {
	values := r.Header.Values(header)
	if len(values) == 0 {
		return true
	}
	u, err := url.Parse(values[0])
	return err == nil && len(values) == 1 && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// isForwarding recognises headers that only a proxy adds.
func isForwarding(name string) bool {
	switch name {
	case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host",
		"True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Original-Forwarded-For":
		return true
	}
	return strings.HasPrefix(name, "X-Forwarded")
}

// IsLoopbackHost reports whether a Host names this machine.
func IsLoopbackHost(hostport string) bool {
	host := hostName(hostport)
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
