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

// Networks are what an address belongs to, the narrowest first. An IPv4 address is one; an
// IPv6 address stands for its /64, which one customer has at least, within its /48, which
// one customer has at most.
func Networks(a netip.Addr) []string {
	switch {
	case !a.IsValid():
		return []string{"unknown"}
	case !a.Is6():
		return []string{a.String()}
	}
	within := func(bits int) string { return netip.PrefixFrom(a.WithZone(""), bits).Masked().String() }
	return []string{within(64), within(48)}
}
