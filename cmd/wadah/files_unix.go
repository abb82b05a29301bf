//go:build unix

package main

import "golang.org/x/sys/unix"

// openFiles is how many files the system lets this process have open; 0 when it does not
// say. Go has raised the limit as far as it may by the time this runs.
func openFiles() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), 1<<30)) //nolint:unconvert // signed on some systems
}
