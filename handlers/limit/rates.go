package limit

import (
	"time"

	"golang.org/x/time/rate"
)

// ratesSize is how many clients are remembered: a flood from a million networks must not
// fill the memory.
const ratesSize = 100_000

// Rates gives each client a bucket of requests that refills at a steady rate. A request
// allocates nothing, but for a client's first.
type Rates[K comparable] struct {
	buckets *Map[K, *rate.Limiter] // nil: no limit
	fill    func(bucket *rate.Limiter, found bool) *rate.Limiter
}

// NewRates makes buckets of burst requests that are refilled with so many a second; a rate
// of zero or less means no limit.
func NewRates[K comparable](perSecond, burst int) *Rates[K] {
	if perSecond <= 0 {
		return &Rates[K]{}
	}
	return NewSlowRates[K](time.Second/time.Duration(perSecond), burst)
}

// NewSlowRates is NewRates with the time in which one request is earned.
func NewSlowRates[K comparable](every time.Duration, burst int) *Rates[K] {
	burst = max(burst, 1)
	return &Rates[K]{
		// A client that was away for so long has a full bucket, as if new.
		buckets: NewMap[K, *rate.Limiter](ratesSize, every*time.Duration(burst)),
		fill: func(bucket *rate.Limiter, found bool) *rate.Limiter {
			if found {
				return bucket
			}
			return rate.NewLimiter(rate.Every(every), burst)
		},
	}
}

// Take spends one request of a client; 0 means it may go on, otherwise it is how long the
// client has to wait for the next one.
func (r *Rates[K]) Take(client K) time.Duration {
	if r.buckets == nil {
		return 0
	}
	now := time.Now()
	bucket := r.buckets.Update(client, now, r.fill)
	if bucket.AllowN(now, 1) {
		return 0
	}
	next := bucket.ReserveN(now, 1)
	defer next.CancelAt(now)
	return max(next.DelayFrom(now), 1)
}
