package views

// Fault is something that a virtual phone can make go wrong. Its name is the text
// fault.KIND, what it simulates and what Wadah should do then fault.KIND.text.
type Fault struct {
	// Kind is the simulated service's name; a refused login has its number behind it:
	// "connect_failure_401" is the kind connect_failure with reason 401, and "_twice"
	// means that it strikes two times.
	Kind   string
	Danger bool // ends the link
	Waits  bool // strikes when a device does something, not at once
}

// FaultGroup is faults of one sort, the frequent first. Its title is the text
// fault.group.NAME.
type FaultGroup struct {
	Name   string
	Faults []Fault
}

// linkingFaults is the group of those that strike while a device is being linked.
const linkingFaults = "linking"

// faultGroups is the one table of faults. HangHandshake is not in it: nobody has said
// yet who he is when it strikes, so it hits whoever comes next.
var faultGroups = []FaultGroup{
	{"line", []Fault{
		{Kind: "drop"},
		{Kind: "silence"},
		{Kind: "stream_error_503"},
		{Kind: "slow"},
		{Kind: "garbage"},
		{Kind: "malformed"},
		{Kind: "reset"},
		{Kind: "stream_end"},
		{Kind: "stream_error_515"},
		{Kind: "stream_error_500"},
	}},
	{"account", []Fault{
		{Kind: "device_removed", Danger: true},
		{Kind: BanFault},
		{Kind: "replaced"},
		{Kind: "connect_failure_401", Danger: true},
		{Kind: "connect_failure_403", Danger: true},
		{Kind: "connect_failure_405"},
		{Kind: "connect_failure_405_twice"},
		{Kind: "connect_failure_400"},
	}},
	{"login", []Fault{{Kind: "connect_failure_503"}, {Kind: "connect_failure_500"}, {Kind: "drop_after_handshake"}}},
	{linkingFaults, []Fault{
		{Kind: "drop_after_pair_success", Waits: true}, {Kind: "no_pair_sign_reply", Waits: true}, {Kind: "code_rate_limit", Waits: true},
	}},
}

// The faults that pages treat in a way of their own.
const (
	BanFault      = "connect_failure_402"
	HangHandshake = "hang_handshake"
)

// FaultKinds lists the faults that phones can cause.
func FaultKinds() []string {
	kinds := []string{HangHandshake}
	for _, g := range faultGroups {
		for _, f := range g.Faults {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}

// FaultWaits says whether the fault strikes when a device does something, not at once.
func FaultWaits(kind string) bool {
	for _, g := range faultGroups {
		for _, f := range g.Faults {
			if f.Kind == kind {
				return f.Waits
			}
		}
	}
	return kind == HangHandshake
}

// FaultOfLinking says whether the fault strikes while a device is being linked, so that
// only a phone can be its target.
func FaultOfLinking(kind string) bool {
	for _, f := range faultGroups[len(faultGroups)-1].Faults {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// Fault is the name of a fault.
func (l Lang) Fault(kind string) string { return l.T("fault." + kind) }

// FaultGroups are all groups of faults; those of linking can be left out.
func FaultGroups(linking bool) []FaultGroup {
	if !linking {
		return faultGroups[:len(faultGroups)-1]
	}
	return faultGroups
}

var outages = []string{"none", "refuse", "silent", "http503", "handshake"}

// OutageModes lists the ways the whole simulated service can be out of reach; "none"
// ends an outage. Their words are the texts outage.MODE and outage.MODE.text.
func OutageModes() []string { return append([]string(nil), outages...) }
