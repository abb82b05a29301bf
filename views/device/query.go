package device

import (
	"net/url"
	"strconv"

	"wadah/views"
)

// DeviceQuery is which devices the list shows, in which order, and which page of them:
//
//	GET /devices?q=…&state=…&sort=…&dir=desc&page=…
//
// The zero value is everything by creation; Page counts from 1, and 0 is the first too.
type DeviceQuery struct {
	Text  string // part of a name or number
	State string // one of the four names, StateNeeds, or "" for all
	Sort  Sort
	Down  bool // dir=desc
	Page  int
}

// StateNeeds chooses the devices that are off and need somebody. StateOff chooses those that
// are off and fine.
const StateNeeds = "needs"

// Chooses reports whether the query's state is that of a device.
func (q DeviceQuery) Chooses(state, reason string) bool {
	switch {
	case q.State == "":
		return true
	case views.NeedsSomebody(state, reason):
		return q.State == StateNeeds
	}
	return q.State == state
}

// Sort is what the list of devices is ordered by.
type Sort string

// The orders. Devices without a number stand last in both directions.
const (
	SortCreated Sort = ""
	SortName    Sort = "name"
	SortNumber  Sort = "number"
	SortState   Sort = "state"
	SortSince   Sort = "since"
)

// ParseDeviceQuery reads the values of an address; what means nothing is as if it were
// not there. Text is taken as it is.
func ParseDeviceQuery(values url.Values) DeviceQuery {
	q := DeviceQuery{Text: values.Get("q"), Down: values.Get("dir") == "desc"}
	switch state := values.Get("state"); state {
	case views.StateConnected, views.StateScan, views.StatePairing, views.StateOff, StateNeeds:
		q.State = state
	}
	switch by := Sort(values.Get("sort")); by {
	case SortCreated, SortName, SortNumber, SortState, SortSince:
		q.Sort = by
	}
	page := values.Get("page")
	if values.Has(streamPage) {
		page = values.Get(streamPage)
	}
	if n, err := strconv.Atoi(page); err == nil && n > 0 {
		q.Page = n
	}
	return q
}

// Path is the address of the list as the query shows it, without what goes without
// saying: equal lists have equal addresses.
func (q DeviceQuery) Path() string { return q.on("/devices", url.Values{}) }

// streamPage is what the page is called in the address of the stream, where "page" says
// which of the panel's pages it belongs to.
const streamPage = "at"

// events is the address of the list's stream, which sends what the page shows.
func (q DeviceQuery) events() string { return q.on("/events", url.Values{"page": {"devices"}}) }

func (q DeviceQuery) on(path string, values url.Values) string {
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("q", q.Text)
	set("state", q.State)
	set("sort", string(q.Sort))
	if q.Down {
		set("dir", "desc")
	}
	if q.Page > 1 {
		page := "page"
		if values.Has(page) {
			page = streamPage
		}
		set(page, strconv.Itoa(q.Page))
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// with is the query of the first page of another choice.
func (q DeviceQuery) with(change func(*DeviceQuery)) DeviceQuery {
	q.Page = 0
	change(&q)
	return q
}
