package handlers

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"wadah/session"
	"wadah/views"
)

// sortDevices puts devices, which stand by creation, into the order of a query. Equal
// ones stay by creation in both directions.
func sortDevices(devices []*session.Snapshot, q views.DeviceQuery) {
	var compare func(a, b *session.Snapshot) int
	switch q.Sort {
	case views.SortCreated:
		if q.Down {
			slices.Reverse(devices)
		}
		return
	case views.SortName:
		compare = byName
	case views.SortNumber:
		slices.SortStableFunc(devices, byNumber(q.Down))
		return
	case views.SortState:
		compare = byState
	case views.SortSince:
		compare = bySince
	}
	if q.Down {
		up := compare
		compare = func(a, b *session.Snapshot) int { return up(b, a) }
	}
	slices.SortStableFunc(devices, compare)
}

func byName(a, b *session.Snapshot) int { return natural(a.Name, b.Name) }

func bySince(a, b *session.Snapshot) int { return a.Since.Compare(b.Since) }

// byState puts first what waits for a person, and within a state goes by name.
func byState(a, b *session.Snapshot) int {
	if c := cmp.Compare(urgency(a.State), urgency(b.State)); c != 0 {
		return c
	}
	return byName(a, b)
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

// natural compares names as people do: without regard to case, and "Toko 2" before
// "Toko 10".
func natural(a, b string) int {
	for a != "" && b != "" {
		x, n := rune(a[0]), 1
		y, m := rune(b[0]), 1
		switch {
		case isDigit(a[0]) && isDigit(b[0]):
			var p, q string
			p, a = cutDigits(a)
			q, b = cutDigits(b)
			if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
				return c
			}
			continue
		case x < utf8.RuneSelf && y < utf8.RuneSelf: // nearly all letters of nearly all names
			x, y = lowerASCII(x), lowerASCII(y)
		default:
			x, n = utf8.DecodeRuneInString(a)
			y, m = utf8.DecodeRuneInString(b)
			x, y = unicode.ToLower(x), unicode.ToLower(y)
		}
		if x != y {
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// cutDigits cuts the digits a text begins with off, without zeros in front.
func cutDigits(text string) (digits, rest string) {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	return strings.TrimLeft(text[:n], "0"), text[n:]
}
