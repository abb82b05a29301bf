package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/labstack/echo/v4"
)

// peerOf is the other end of the connection; the zero Addr means unknown.
func peerOf(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap()
}

// trustedBy reports whether addr belongs to one of the proxies.
func trustedBy(proxies []netip.Prefix, addr netip.Addr) bool {
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// ClientAddr is the address a request came from. Forwarding headers count only when
// the peer is a configured proxy; then the nearest address that is no such proxy is
// the client's. The zero Addr means unknown.
func clientAddr(r *http.Request, proxies []netip.Prefix) netip.Addr {
	addr := peerOf(r)
	if !trustedBy(proxies, addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := hopAddr(hops[i])
		if !hop.IsValid() {
			break
		}
		addr = hop
		if !trustedBy(proxies, addr) {
			break
		}
	}
	return addr
}

// hopAddr reads one address of X-Forwarded-For. Azure's gateways, IIS and others write
// the port behind it.
func hopAddr(text string) netip.Addr {
	text = strings.TrimSpace(text)
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap()
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

// isSecure reports whether the browser speaks TLS, to us or to a configured proxy.
func isSecure(r *http.Request, proxies []netip.Prefix) bool {
	if r.TLS != nil {
		return true
	}
	return len(proxies) > 0 && trustedBy(proxies, peerOf(r)) && strings.EqualFold(first(r.Header.Get("X-Forwarded-Proto")), "https")
}

// first is what the outermost of several proxies has written into a header.
func first(list string) string {
	one, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(one)
}

// forwardedHost is the host that a proxy says it was asked for, with its port if it has
// one; "" when there is none, or nothing that can be a host.
func forwardedHost(r *http.Request) string {
	host := first(r.Header.Get("X-Forwarded-Host"))
	if u, err := url.Parse("//" + host); err != nil || u.Host != host {
		return ""
	}
	return host
}

// Client is the address a request came from; the zero Addr means unknown.
func (s *Site) Client(r *http.Request) netip.Addr { return clientAddr(r, s.cfg.TrustedProxies) }

// Trusts reports whether an address belongs to a proxy whose headers are believed.
func (s *Site) Trusts(addr netip.Addr) bool { return trustedBy(s.cfg.TrustedProxies, addr) }

// forwarders are peers that have passed requests on without being trusted, the first of
// each kind since the start: near is on this machine or in a private network, far is
// elsewhere. They are apart because anybody can send such headers from far.
type forwarders struct{ near, far atomic.Pointer[netip.Addr] }

// PassedOn are the peers that have passed requests on without being trusted.
func (s *Site) PassedOn() []netip.Addr { return s.forwarders.known() }

// known are those that were seen.
func (f *forwarders) known() []netip.Addr {
	var list []netip.Addr
	for _, one := range []*netip.Addr{f.near.Load(), f.far.Load()} {
		if one != nil {
			list = append(list, *one)
		}
	}
	return list
}

// FromProxy takes the host from a trusted proxy, and warns once of one that is not
// trusted: everybody behind it counts as one, for every limit.
func (s *Site) FromProxy(r *http.Request) {
	peer := peerOf(r)
	if trustedBy(s.cfg.TrustedProxies, peer) {
		if host := forwardedHost(r); host != "" {
			r.Host = host
		}
		return
	}
	seen := &s.forwarders.far
	if peer.IsLoopback() || peer.IsPrivate() || peer.IsLinkLocalUnicast() {
		seen = &s.forwarders.near
	}
	if seen.Load() != nil {
		return
	}
	for name := range r.Header {
		// Via alone says nothing of a proxy of ours: those of clients' networks send it, too.
		if isForwarding(name) && name != "Via" && seen.CompareAndSwap(nil, &peer) {
			s.log.Warn("requests come through a proxy that is not trusted: everybody behind it counts as one for every limit",
				"proxy", peer, "header", name, "mend", "if it is yours: "+s.TrustToo(peer))
		}
	}
}

// TrustToo is the setting that trusts a peer beside the proxies of now.
func (s *Site) TrustToo(peer netip.Addr) string {
	list := make([]string, 0, len(s.cfg.TrustedProxies)+1)
	for _, p := range s.cfg.TrustedProxies {
		if p.IsSingleIP() {
			list = append(list, p.Addr().String())
		} else {
			list = append(list, p.String())
		}
	}
	return "WADAH_TRUSTED_PROXIES=" + strings.Join(append(list, peer.String()), ",")
}

// ClientAddr is where the request came from, for logs and limits.
func (s *Site) ClientAddr(c echo.Context) string {
	addr := s.Client(c.Request())
	if !addr.IsValid() {
		return "unknown"
	}
	return addr.String()
}
