//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What the program said when it crashed is kept in the data folder, and told by the next
// start; after an orderly end there is nothing to tell.
func TestCrashIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	server.crashed = true
	server.signal(syscall.SIGQUIT) // the runtime ends as after a panic
	if code := server.wait(); code != 2 {
		t.Errorf("exit code %d", code)
	}
	kept, err := os.ReadFile(filepath.Join(w.data, crashFile))
	if err != nil || !strings.Contains(string(kept), "goroutine ") {
		t.Fatalf("kept: %q, %v", kept, err)
	}
	server = w.serve()
	server.stop()
	if told := server.stderr.String(); !strings.Contains(told, "SIGQUIT") || !strings.Contains(told, oldCrashFile) {
		t.Errorf("the next start does not tell: %s", told)
	}
	if old, err := os.ReadFile(filepath.Join(w.data, oldCrashFile)); err != nil || string(old) != string(kept) {
		t.Errorf("the old one is not kept: %v", err)
	}
	server = w.serve()
	server.stop()
	if told := server.stderr.String(); strings.Contains(told, oldCrashFile) {
		t.Errorf("it is told again: %s", told)
	}
	if _, err := os.Stat(filepath.Join(w.data, crashFile)); !os.IsNotExist(err) {
		t.Errorf("an empty file is left: %v", err)
	}
}
