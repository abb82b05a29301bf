package views

import "strconv"

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

// faultGroup is faults of one sort, the frequent first. Its title is the text
// fault.group.NAME.
type faultGroup struct {
	name   string
	faults []Fault
}

// linkingFaults is the group of those that strike while a device is being linked.
const linkingFaults = "linking"

// faultGroups is the one table of faults. hangHandshake is not in it: nobody has said
// yet who he is when it strikes, so it hits whoever comes next.
var faultGroups = []faultGroup{
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
		{Kind: banFault},
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

const (
	banFault      = "connect_failure_402"
	hangHandshake = "hang_handshake"
)

// FaultKinds lists the faults that phones can cause.
func FaultKinds() []string {
	kinds := []string{hangHandshake}
	for _, g := range faultGroups {
		for _, f := range g.faults {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}

// FaultWaits says whether the fault strikes when a device does something, not at once.
func FaultWaits(kind string) bool {
	for _, g := range faultGroups {
		for _, f := range g.faults {
			if f.Kind == kind {
				return f.Waits
			}
		}
	}
	return kind == hangHandshake
}

// FaultOfLinking says whether the fault strikes while a device is being linked, so that
// only a phone can be its target.
func FaultOfLinking(kind string) bool {
	for _, f := range faultGroups[len(faultGroups)-1].faults {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// Fault is the name of a fault.
func (l Lang) Fault(kind string) string { return l.T("fault." + kind) }

// faultGroups are the faults that can be aimed at the phone: not those of linking, when
// the viewer may not aim at the phone as a whole.
func (p Phone) faultGroups() []faultGroup {
	if p.Shared {
		return faultGroups[:len(faultGroups)-1]
	}
	return faultGroups
}

// faultTargets are what a fault can be aimed at; nil when that goes without saying.
func (p Phone) faultTargets(l Lang) []Option {
	var out []Option
	if !p.Shared && len(p.Companions) < 2 {
		return nil
	}
	if !p.Shared {
		out = append(out, Option{Value: "", Label: l.T("phones.faults.all"), Chosen: true})
	}
	for _, c := range p.Companions {
		out = append(out, Option{Value: c.JID, Label: c.title(l), Chosen: len(out) == 0})
	}
	return out
}

// banMinutes are how long a ban can be tried out.
func banMinutes(l Lang) []Option {
	var out []Option
	for _, m := range []int{1, 10, 60, 24 * 60} {
		out = append(out, Option{Value: strconv.Itoa(m), Label: l.T("fault.minutes." + strconv.Itoa(m)), Chosen: m == 10})
	}
	return out
}
