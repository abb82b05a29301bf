package device

import (
	"slices"

	"wadah/views"
)

// DevicesPage is the list of devices, a page of it at a time.
//
//	GET  /devices       DeviceQuery; to htmx the partials of a search
//	POST /devices       name (admins): adds a device
//	POST /prefs/list  rows (25, 50, 100, 200), dense (yes, no), next: kept in the browser
//	POST /devices/bulk  action, chosen (once per device) or all=yes, next: BulkOutcome
//
// data-testid: devices-needs, needs-start, needs-open, needs-show; devices-summary, filter-all, filter-connected, filter-scan, filter-pairing,
// filter-off, filter-needs; filter-q, filter-clear, filter-go (without scripts),
// filter-clear-all; sort-name, sort-number, sort-state, sort-since, in the menu list-look order-created, order-name,
// order-number, order-state, order-since; rows-25,
// rows-50, rows-100, rows-200, dense-no, dense-yes; device-row (data-device), device-choose, device-link, device-reason, device-day,
// device-state, start, stop, device-next; list-range, page-first, page-prev, page-next,
// page-last; choose-page, choose-all, bulk, bulk-start, bulk-stop-open, bulk-stop,
// bulk-restart-open, bulk-restart, bulk-cancel, bulk-result (data-done, data-asked),
// bulk-failed (data-device); add-device-name, add-device-start, add-device-submit, devices-empty.
type DevicesPage struct {
	views.Page
	Devices []Row   // those of the page
	Summary Summary // of the devices that Query.Text chooses, whatever their state

	// Needs are the devices in sight that need somebody, whatever the query.
	Needs Needs

	// Query is what the list was narrowed and sorted by; its Page is the one shown.
	Query DeviceQuery

	Found      int  // devices the query chooses
	Total      int  // devices there are without the query
	PageLength int  // devices on a page; 0 puts all on one
	Dense      bool // rows are one line high

	// Name and NameProblem are what was typed into the form that adds a device and
	// what is wrong with it, after a failed attempt.
	Name        string
	NameProblem string

	// Outcome is what came of an action on many devices that not all of them took; nil
	// otherwise.
	Outcome *BulkOutcome

	// CanAdd says whether the viewer of the page may add devices, CanOperate whether to
	// start and stop them.
	CanAdd     bool
	CanOperate bool
}

// Summary counts the devices by state; of those that are off it counts apart which need
// somebody.
type Summary struct {
	Connected int
	Scan      int
	Pairing   int
	Off       int // and all is well: stopped, never started, not scanned
	Needs     int // off, though nobody wanted that
}

// Count adds one device in the given state for the given reason.
func (s *Summary) Count(state, reason string) {
	if views.NeedsSomebody(state, reason) {
		s.Needs++
		return
	}
	switch state {
	case views.StateConnected:
		s.Connected++
	case views.StateScan:
		s.Scan++
	case views.StatePairing:
		s.Pairing++
	default:
		s.Off++
	}
}

// Total is the number of devices counted.
func (s Summary) Total() int { return s.Connected + s.Scan + s.Pairing + s.Off + s.Needs }

// count is one number of the summary, and the link to what it counts.
type count struct {
	n                      int
	word, symbol, id, href string
	tone                   views.Tone
	chosen                 bool
}

func (p DevicesPage) counts() []count {
	in := func(state string) DeviceQuery {
		return p.Query.with(func(q *DeviceQuery) { q.State = state })
	}
	s := p.Summary
	all := []count{
		{n: s.Total(), word: p.Lang.T("filter.all"), id: "filter-all", tone: views.ToneOff, href: in("").Path(), chosen: p.Query.State == ""},
		{n: s.Connected, word: p.Lang.T("state.connected"), id: "filter-connected", href: in(views.StateConnected).Path(), tone: views.ToneOK, symbol: "check", chosen: p.Query.State == views.StateConnected},
		{n: s.Scan, word: p.Lang.T("state.scan"), id: "filter-scan", href: in(views.StateScan).Path(), tone: views.ToneAct, symbol: "hand", chosen: p.Query.State == views.StateScan},
		{n: s.Pairing, word: p.Lang.T("state.pairing"), id: "filter-pairing", href: in(views.StatePairing).Path(), tone: views.ToneWait, symbol: "wait", chosen: p.Query.State == views.StatePairing},
		{n: s.Off, word: p.Lang.T("state.off"), id: "filter-off", href: in(views.StateOff).Path(), tone: views.ToneOff, symbol: "off", chosen: p.Query.State == views.StateOff},
	}
	if s.Needs > 0 || p.Query.State == StateNeeds {
		needs := count{n: s.Needs, word: p.Lang.T("filter.needs"), id: "filter-needs", href: in(StateNeeds).Path(), tone: views.ToneDanger, symbol: "alert", chosen: p.Query.State == StateNeeds}
		all = slices.Insert(all, 1, needs)
	}
	return all
}

func (p DevicesPage) withText(text string) DeviceQuery {
	return p.Query.with(func(q *DeviceQuery) { q.Text = text })
}

func (p DevicesPage) reversed() DeviceQuery {
	return p.Query.with(func(q *DeviceQuery) { q.Down = !q.Down })
}

func (p DevicesPage) onPage(n int) DeviceQuery {
	return p.Query.with(func(q *DeviceQuery) { q.Page = n })
}

// head is a column's head: a link that orders the list by the column.
type head struct {
	by     Sort
	word   string
	sorted string      // as aria-sort says it; "" when the list has another order
	to     DeviceQuery // what a touch leads to
}

// heads are the columns that order the list. A touch orders by the column, the next reverses
// that, and the third goes back to the order in which devices were added.
func (p DevicesPage) heads() []head {
	all := []head{
		{by: SortName, word: p.Lang.T("head.device")},
		{by: SortNumber, word: p.Lang.T("sort.number")},
		{by: SortState, word: p.Lang.T("sort.state")},
		{by: SortSince, word: p.Lang.T("sort.since")},
	}
	for i := range all {
		h := &all[i]
		next := func(by Sort, down bool) DeviceQuery {
			return p.Query.with(func(q *DeviceQuery) { q.Sort, q.Down = by, down })
		}
		switch {
		case p.Query.Sort != h.by:
			h.to = next(h.by, false)
		case !p.Query.Down:
			h.sorted, h.to = "ascending", next(h.by, true)
		default:
			h.sorted, h.to = "descending", next(SortCreated, false)
		}
	}
	return all
}

// PageLengths are how many devices a page may show.
var PageLengths = []int{25, 50, 100, 200}

// orders are those of the menu: the columns', and the one by creation, which no column shows.
func (p DevicesPage) orders() []head {
	created := head{by: SortCreated, word: p.Lang.T("sort.created"), to: p.Query.with(func(q *DeviceQuery) { q.Sort, q.Down = SortCreated, false })}
	if p.Query.Sort == SortCreated {
		created.sorted, created.to = "ascending", p.reversed()
		if p.Query.Down {
			created.sorted = "descending"
		}
	}
	return append([]head{created}, p.heads()...)
}

// id is that of the order's link in the menu.
func (h head) id() string {
	if h.by == SortCreated {
		return "order-created"
	}
	return "order-" + string(h.by)
}

// pages is how many pages the query fills, at least one.
func (p DevicesPage) pages() int {
	if p.PageLength <= 0 || p.Found <= p.PageLength {
		return 1
	}
	return (p.Found + p.PageLength - 1) / p.PageLength
}

// rangeText says which devices of how many are on the page.
func (p DevicesPage) rangeText() string {
	first := max(p.Query.Page-1, 0)*p.PageLength + 1
	return p.Lang.T("pager.range", "First", first, "Last", first+len(p.Devices)-1, "All", p.Found)
}

func (p DevicesPage) pageWord(which string) string {
	switch which {
	case "first":
		return p.Lang.T("pager.first")
	case "prev":
		return p.Lang.T("pager.prev")
	case "next":
		return p.Lang.T("pager.next")
	}
	return p.Lang.T("pager.last")
}
