package views

import "net/url"

// DevicesPage is the list of devices.
type DevicesPage struct {
	Page
	Devices []Device
	Summary Summary

	// Query and Filter are what the list was narrowed with: GET /devices?q=…&state=….
	// Filter is a state's name or "".
	Query  string
	Filter string

	// Total is how many devices there are without Query and Filter.
	Total int

	// Name and NameProblem are what was typed into the form that adds a device and
	// what is wrong with it, after a failed attempt.
	Name        string
	NameProblem string

	// CanAdd says whether the viewer of the page may add devices.
	CanAdd bool
}

// Summary counts the devices by state.
type Summary struct {
	Connected int
	Scan      int
	Pairing   int
	Off       int
}

// Summarize counts devices by state.
func Summarize(devices []Device) Summary {
	var s Summary
	for _, d := range devices {
		s.Count(d.State)
	}
	return s
}

// Count adds one device in the given state.
func (s *Summary) Count(state string) {
	switch state {
	case stateConnected:
		s.Connected++
	case stateScan:
		s.Scan++
	case statePairing:
		s.Pairing++
	default:
		s.Off++
	}
}

// Total is the number of devices counted.
func (s Summary) Total() int { return s.Connected + s.Scan + s.Pairing + s.Off }

// filter is one of the buttons that narrow the list by state.
type filter struct {
	state, word, id string
	chosen          bool
}

func (p DevicesPage) filters() []filter {
	all := []filter{
		{state: "", word: p.Lang.T("filter.all"), id: "filter-all"},
		{state: stateConnected, word: p.Lang.T("state.connected"), id: "filter-connected"},
		{state: stateScan, word: p.Lang.T("state.scan"), id: "filter-scan"},
		{state: statePairing, word: p.Lang.T("state.pairing"), id: "filter-pairing"},
		{state: stateOff, word: p.Lang.T("state.off"), id: "filter-off"},
	}
	for i := range all {
		all[i].chosen = all[i].state == p.Filter
	}
	return all
}

// events is the URL of the list's stream: with the list's own query and filter, so
// that the stream sends what the page shows.
func (p DevicesPage) events() string {
	q := url.Values{"page": {"devices"}}
	if p.Query != "" {
		q.Set("q", p.Query)
	}
	if p.Filter != "" {
		q.Set("state", p.Filter)
	}
	return "/events?" + q.Encode()
}
