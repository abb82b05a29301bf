package limit

import "net/netip"

// Network is the part of an address that one client is known by: whoever has one IPv6
// address usually has the whole /64.
func Network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	b := a.As16()
	clear(b[8:])
	return netip.AddrFrom16(b)
}
