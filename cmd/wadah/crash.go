package main

import (
	"bufio"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
)

// What the Go runtime says when a failure ends the program goes to standard error, and
// from there nobody knows where. It goes into the data folder as well, and the next start
// tells of it.
const (
	crashFile    = "crash.log"
	oldCrashFile = "crash.old.log" // of the last crash
)

// keepCrash keeps what the runtime says at a crash from now on, and tells of the crash
// before. A folder that cannot be written is no reason not to serve.
func keepCrash(dir string, log *slog.Logger) (stop func()) {
	path, old := filepath.Join(dir, crashFile), filepath.Join(dir, oldCrashFile)
	if what := firstLine(path); what != "" {
		if err := os.Rename(path, old); err != nil {
			old = path
		}
		log.Error("a failure of its own ended the program the last time; please report it", "what", what, "file", old)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err == nil {
		err = errors.Join(debug.SetCrashOutput(file, debug.CrashOptions{}), file.Close()) // it has its own copy
	}
	if err != nil {
		log.Warn("what the program says when it crashes will not be kept", "err", err)
		return func() {}
	}
	return func() {
		err := debug.SetCrashOutput(nil, debug.CrashOptions{})
		if info, statErr := os.Stat(path); err == nil && statErr == nil && info.Size() == 0 {
			err = os.Remove(path)
		}
		if err != nil {
			log.Debug("the empty file for crashes remains", "err", err)
		}
	}
}

// firstLine is the first line of a file; "" when there is none.
func firstLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // it was only read
	lines := bufio.NewScanner(file)
	lines.Scan()
	return lines.Text()
}
