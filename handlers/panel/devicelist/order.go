package devicelist

import (
	"cmp"
	"slices"
	"strings"

	"wadah/handlers/pages"
	"wadah/session"
	deviceviews "wadah/views/device"
)

// sortDevices puts devices, which stand by creation, into the order of a query. Equal
// ones stay by creation in both directions.
func sortDevices(devices []*session.Snapshot, q deviceviews.DeviceQuery) {
	var compare func(a, b *session.Snapshot) int
	switch q.Sort {
	case deviceviews.SortCreated:
		if q.Down {
			slices.Reverse(devices)
		}
		return
	case deviceviews.SortName:
		compare = pages.ByName
	case deviceviews.SortNumber:
		slices.SortStableFunc(devices, byNumber(q.Down))
		return
	case deviceviews.SortState:
		compare = byState
	case deviceviews.SortSince:
		compare = bySince
	}
	if q.Down {
		up := compare
		compare = func(a, b *session.Snapshot) int { return up(b, a) }
	}
	slices.SortStableFunc(devices, compare)
}

func bySince(a, b *session.Snapshot) int { return a.Since.Compare(b.Since) }

// byState puts first what waits for a person, and within a state goes by name.
func byState(a, b *session.Snapshot) int {
	if c := cmp.Compare(urgency(a.State), urgency(b.State)); c != 0 {
		return c
	}
	return pages.ByName(a, b)
}

func urgency(state session.State) int {
	switch state {
	case session.StateScan:
		return 0
	case session.StateOff:
		return 1
	case session.StatePairing:
		return 2
	case session.StateConnected:
		return 3
	}
	return 1
}

// byNumber leaves devices without a number at the end, whatever the direction.
func byNumber(down bool) func(a, b *session.Snapshot) int {
	return func(a, b *session.Snapshot) int {
		x, y := a.Number(), b.Number()
		switch {
		case x == y:
			return 0
		case x == "":
			return 1
		case y == "":
			return -1
		case down:
			return strings.Compare(y, x)
		}
		return strings.Compare(x, y)
	}
}
