package uptime

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now is how long the machine has been on, asleep or not.
func Now() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0 // an ancient kernel: a sleep is not noticed
	}
	return time.Duration(t.Nano())
}
