package device

import "wadah/views"

// Needs are the devices that need somebody.
type Needs struct {
	Devices int
	First   views.Device // the one, when there is one; shown without times
	reason  string       // of all of them; "" when they differ
}

// Count adds a device if it needs somebody.
func (n *Needs) Count(id, name, state, reason string) {
	if !views.NeedsSomebody(state, reason) {
		return
	}
	if n.Devices == 0 {
		n.First, n.reason = views.Device{ID: id, Name: name, State: state, Reason: reason}, reason
	}
	if n.reason != reason {
		n.reason = ""
	}
	n.Devices++
}

// title says how many need somebody, or which one.
func (n Needs) title(l views.Lang) string {
	if n.Devices == 1 {
		return n.First.Name
	}
	return l.T("needs.many", "Count", n.Devices)
}

// text says why, and what to do when that is the same for all.
func (n Needs) text(l views.Lang) string {
	if n.reason == "" {
		return l.T("needs.reasons")
	}
	return n.First.Sentence(l)
}

// startMends says whether a start is what the device waits for. The others need something
// mended on the device's page first, or keep trying by themselves.
func (n Needs) startMends() bool { return n.reason == "logged_out" || n.reason == "replaced" }

// mendAt is where the thing to mend stands; only who may manage devices can open settings.
func (n Needs) mendAt(p views.Page) string {
	if n.reason == "proxy_failed" && p.User != nil && p.User.Role == views.Admin {
		return proxyField(n.First)
	}
	return n.First.Path("")
}
