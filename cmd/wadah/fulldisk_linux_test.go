package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wadah/models"
)

// A running server meets a full disk: its files cannot grow any more. It answers
// 503, goes on, and works again when there is room; nothing is lost. The limit is
// the process's own, so that the test needs no file system to fill.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")

	room := server.limitFiles(t, 0)
	eventually(t, func() error {
		answer, err := server.api("serviceDestroy", key)
		if err == nil && answer.Code != http.StatusServiceUnavailable {
			err = fmt.Errorf("serviceDestroy on a full disk: %+v", answer)
		}
		return err
	})
	const says = "503 Service Unavailable: the database cannot be written: the disk is full; free some space"
	eventually(t, func() error { // an answer counts for half a second
		health := start(t, "health", "--listen", strings.TrimPrefix(server.url, "http://"))
		if code := health.wait(); code != exitFailure || !strings.Contains(health.stderr.String(), says) {
			return fmt.Errorf("health on a full disk: code %d, %q; want %q", code, health.stderr, says)
		}
		return nil
	})
	if answer, err := server.api("getState", key); err != nil || answer.Code != http.StatusOK {
		t.Errorf("getState on a full disk: %+v, %v", answer, err)
	}
	server.limitFiles(t, room)
	eventually(t, server.ready)
	server.must("serviceDestroy", key)
	server.is(key, "SERVICE_OFF", "stopped")
	server.must("serviceStart", key)
	server.is(key, "CONNECTED", "ready")
	server.stop()
}

// WhatsApp's last word comes while the disk is full, and then the program is killed: the
// next start knows it, and does not take the link again.
func TestKilledOnAFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	phone := w.newPhone()
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	w.settled()
	server.limitFiles(t, 0)
	w.control("fault", map[string]any{"target": phone, "kind": "replaced"})
	server.is(key, "SERVICE_OFF", "replaced")
	eventually(t, func() error {
		notes, err := filepath.Glob(filepath.Join(w.data, "unsaved~*"))
		if err == nil && len(notes) != 1 {
			err = fmt.Errorf("notes for the next start: %v", notes)
		}
		return err
	})
	server.kill()
	server = w.serve()
	server.is(key, "SERVICE_OFF", "replaced")
	server.must("serviceStart", key)
	server.is(key, "CONNECTED", "ready")
	server.stop()
	if notes, err := filepath.Glob(filepath.Join(w.data, "unsaved~*")); err != nil || len(notes) > 0 {
		t.Errorf("notes left: %v, %v", notes, err)
	}
}

// A full disk from the start: no folder, no key, no database can be made.
func TestStartOnAFullDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := startCommand(t, limited(path, "serve", "--listen", "127.0.0.1:0", "--data", dir))
	if code := p.wait(); code != exitFailure || !strings.Contains(p.stderr.String(), dir) {
		t.Errorf("code %d: %s", code, p.stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, models.DatabaseFile)); err == nil {
		if out := wadah(t, "device", "list", "--json", "--data", dir); out != "[]\n" {
			t.Errorf("afterwards the folder holds %s", out)
		}
	}
	start(t, "serve", "--listen", "127.0.0.1:0", "--data", dir).printed(`Wadah: `) // once there is room, all is well
	wadah(t, "device", "add", "Kasir", "--data", dir)
}

// limitFiles sets how large the process's files may become, in bytes, and returns
// what the limit was.
func (p *process) limitFiles(t *testing.T, size uint64) (before uint64) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &old); err != nil {
		t.Fatal(err)
	}
	limit := unix.Rlimit{Cur: size, Max: old.Max}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	return old.Cur
}

// limited runs a program whose files must stay empty.
func limited(args ...string) *exec.Cmd {
	return exec.Command("/bin/sh", append([]string{"-c", `ulimit -f 0 && exec "$@"`, "sh"}, args...)...)
}
