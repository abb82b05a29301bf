package people

import (
	"strings"
	"time"

	"wadah/views"
)

// KnownKeys is the card of what people know who may no longer use it: keys and system
// secrets that were shown to somebody who is gone, is no longer assigned to the device or
// has a lower role. It stands on the list of people, and on the page of a person with what
// that person knows; the zero value shows nothing.
//
//	POST /people/known-keys   key, once for each that is chosen; do=replace with overlap
//	                          (one of Overlaps), or do=leave; back, a path: 303 there
//
// data-testid: known-keys, known-key (data-key), known-keys-overlap, known-keys-replace,
// known-keys-leave.
type KnownKeys struct {
	List []KnownKey
	Back string // path of the page that the card stands on
}

// KnownKey is one key, or a system secret.
type KnownKey struct {
	ID     string
	Name   string   // the key's
	Device string   // its device's name; "" for a system secret
	People []string // names of who know it and must not use it
	At     time.Time
}

func (k KnownKey) title(l views.Lang) string {
	if k.Device == "" {
		return l.T("secret.title")
	}
	return k.Device + " · " + k.Name
}

func (k KnownKey) people() string { return strings.Join(k.People, ", ") }
