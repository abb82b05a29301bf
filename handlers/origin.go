package handlers

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// isLocal reports whether r was made on this machine, for this machine, by a program
// or by our own pages: a loopback peer, no sign of a proxy, a loopback Host (a foreign
// name may have been rebound to 127.0.0.1), and not on behalf of another web site.
// Only then may the default device answer without a key.
func isLocal(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || !isLoopbackHost(r.Host) {
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

func isLoopbackHost(hostport string) bool {
	host := hostport
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && !strings.HasSuffix(hostport, "]") {
		host = hostport[:i]
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
