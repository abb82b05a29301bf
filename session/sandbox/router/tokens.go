package router

import "time"

// token is what an account gave to another one, so that WhatsApp knows that the two know
// each other.
type token struct {
	value []byte
	given time.Time
}
