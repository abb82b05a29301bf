package views

import "time"

// Login is where somebody is signed in.
type Login struct {
	ID      string
	Current bool   // the one that looks at the page
	Agent   string // its User-Agent; the page says it in a few words
	Address string
	Since   time.Time
	Seen    time.Time
}
