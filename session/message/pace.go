package message

import (
	"time"

	"golang.org/x/time/rate"
)

// Pace is how fast a device may send. It protects the number; see design.
type Pace struct {
	PerMinute int // 0 is as fast as it goes
	Burst     int // at once, after a rest
}

// DefaultPace is kept unless it is set otherwise.
var DefaultPace = Pace{PerMinute: 60, Burst: 20}

// limiter is nil when there is no limit.
func (p Pace) limiter() *rate.Limiter {
	if p.PerMinute <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Every(time.Minute/time.Duration(p.PerMinute)), max(p.Burst, 1))
}
