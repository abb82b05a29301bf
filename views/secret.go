package views

import "time"

// Shown is to whom a key or a system secret was last shown in plain text; the zero value
// says that nobody knows.
type Shown struct {
	To string // the user's name, when it was one
	By Shower
	At time.Time
}

// Shower is on what way a key was shown.
type Shower string

// The ways on which keys are shown.
const (
	ShownToUser   Shower = "user"
	ShownByCLI    Shower = "cli"
	ShownBySystem Shower = "system"
)

func (s Shown) words(l Lang) string {
	switch s.By {
	case ShownByCLI:
		return l.T("keys.shown.cli")
	case ShownBySystem:
		return l.T("keys.shown.system")
	case ShownToUser:
	}
	return l.T("keys.shown", "Name", s.To)
}
