package models

import (
	"net/netip"
	"slices"
	"strings"

	"wadah/models/rules"
)

// Scope is a kind of things that a key may do with its device.
type Scope string

// The scopes.
const (
	ScopeState  Scope = "state"  // read the state, without codes
	ScopeLink   Scope = "link"   // start, stop, codes, log out
	ScopeSend   Scope = "send"   // send, and what goes with it
	ScopeRead   Scope = "read"   // messages, events, media
	ScopeManage Scope = "manage" // webhooks, keywords, schedules
)

// Scopes are all scopes, as they should be shown.
func Scopes() []Scope { return []Scope{ScopeState, ScopeLink, ScopeSend, ScopeRead, ScopeManage} }

// Rights are what a key may do, and from where. Without scopes it may do everything, without
// networks from everywhere.
type Rights struct {
	Scopes []Scope
	From   []netip.Prefix
}

// May reports whether a key may do what one of these scopes covers.
func (r Rights) May(scopes ...Scope) bool {
	return len(r.Scopes) == 0 || slices.ContainsFunc(scopes, func(s Scope) bool { return slices.Contains(r.Scopes, s) })
}

// MayFrom reports whether a key may be used from an address. One that is not known is none
// of any network.
func (r Rights) MayFrom(address netip.Addr) bool {
	return len(r.From) == 0 || slices.ContainsFunc(r.From, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}

// maxNetworks is how many networks a key may be allowed from.
const maxNetworks = 32

// ParseRights reads rights as people choose them: scopes by name, and addresses or networks
// (CIDR) with blanks or commas between them. An *Invalid says what is wrong.
func ParseRights(scopes []string, networks string) (Rights, error) {
	var r Rights
	for _, name := range scopes {
		if !slices.Contains(Scopes(), Scope(name)) {
			return Rights{}, rules.Refuse("scopes", "scope_unknown", "There is no such scope.")
		}
		if !r.has(Scope(name)) {
			r.Scopes = append(r.Scopes, Scope(name))
		}
	}
	for _, text := range strings.FieldsFunc(networks, func(c rune) bool { return strings.ContainsRune(", ;\t\r\n", c) }) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil || address.Zone() != "" {
				return Rights{}, rules.Refuse("addresses", "addresses_invalid", "Write addresses or networks like 203.0.113.5 or 10.0.0.0/8.")
			}
			network = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		}
		r.From = append(r.From, network.Masked())
	}
	if len(r.From) > maxNetworks {
		return Rights{}, rules.Refuse("addresses", "addresses_too_many", "A key can be allowed from 32 networks at most.")
	}
	return r, nil
}

func (r Rights) has(s Scope) bool { return slices.Contains(r.Scopes, s) }

// columns are the rights as they are stored; rightsOf reads them.
func (r Rights) columns() (scopes, networks string) {
	names := make([]string, 0, len(r.Scopes))
	for _, s := range r.Scopes {
		names = append(names, string(s))
	}
	from := make([]string, 0, len(r.From))
	for _, p := range r.From {
		from = append(from, p.String())
	}
	return strings.Join(names, ","), strings.Join(from, ",")
}

// rightsOf reads stored rights. What cannot be read allows nothing.
func rightsOf(scopes, networks string) Rights {
	var r Rights
	if scopes != "" {
		for name := range strings.SplitSeq(scopes, ",") {
			r.Scopes = append(r.Scopes, Scope(name))
		}
	}
	if networks != "" {
		for text := range strings.SplitSeq(networks, ",") {
			network, _ := netip.ParsePrefix(text) // one that is none contains nothing
			r.From = append(r.From, network)
		}
	}
	return r
}
