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

// backoffDelay is the pause before try number n (0 is the first).
func backoffDelay(n int) time.Duration {
	ceiling := backoffCap
	if n < 6 { // 1 s << 6 is past the cap
		ceiling = min(backoffBase<<max(n, 0), backoffCap)
	}
	return rand.N(ceiling) //nolint:gosec // jitter needs no secrecy.
}
