package session

import (
	"math/rand/v2"
	"time"
)

// Reconnect delays grow from backoffBase by doubling, with full jitter, up to
// backoffCap. Full jitter spreads a fleet that lost its connections in one moment.
const (
	backoffBase = time.Second
	backoffCap  = 60 * time.Second
)

// codeTooMany is WhatsApp's code for "too many requests": slow down.
const codeTooMany = 429

// refusalDelay is the pause after WhatsApp has refused a login with code, for the nth
// time in a row (0 is the first). Who is asked to slow down waits longer from the
// beginning: 10 to 20 s, then 20 to 40 s, then 30 to 60 s.
func refusalDelay(code, n int) time.Duration {
	if code != codeTooMany {
		return backoffDelay(max(n, 2))
	}
	ceiling := min(time.Duration(min(n, 2)+1)*backoffCap/3, backoffCap)
	return ceiling/2 + rand.N(ceiling/2) //nolint:gosec // jitter needs no secrecy.
}

// backoffDelay is the pause before try number n (0 is the first).
func backoffDelay(n int) time.Duration {
	ceiling := backoffCap
	if n < 6 { // 1 s << 6 is past the cap
		ceiling = min(backoffBase<<max(n, 0), backoffCap)
	}
	return rand.N(ceiling) //nolint:gosec // jitter needs no secrecy.
}
