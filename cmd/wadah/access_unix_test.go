//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody runs programs in the tests of root, whom nothing is forbidden.
const nobody = 65534

// Ensure that whoever runs Wadah on a folder that its user may not use is told who that
// user is, whose the folder or file is, and what mends it.
func TestFolderOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		locked string // what may not be used, in the data folder
		says   string // what the server cannot do
		beside bool   // whether a command fails, too
	}{
		"the folder":     {".", "cannot be locked", true},
		"the lock":       {"wadah.lock", "cannot be locked", false},
		"the server key": {"server.key", "cannot be read", true},
		"the database":   {"wadah.db", "cannot be opened", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, uid := somebodysFolder(t)
			locked := filepath.Join(dir, c.locked)
			forbid(t, locked)
			commands := [][]string{{"serve", "--listen", "127.0.0.1:0"}}
			if c.beside {
				commands = append(commands, []string{"device", "list"})
			}
			for i, args := range commands {
				said := runAs(t, uid, append(args, "--data", dir)...)
				for _, want := range []string{locked + " belongs to ", fmt.Sprintf("Wadah runs as %s", userWord(uid)), remedy(uid, dir, locked), "--data"} {
					if !strings.Contains(said, want) {
						t.Errorf("wadah %v lacks %q:\n%s", args, want, said)
					}
				}
				if i == 0 && !strings.Contains(said, c.says) {
					t.Errorf("wadah %v lacks %q:\n%s", args, c.says, said)
				}
			}
		})
	}
	t.Run("a folder to be made", func(t *testing.T) {
		t.Parallel()
		above, uid := somebodysFolder(t)
		dir := filepath.Join(above, "new")
		if err := os.Chmod(above, 0o500); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() == 0 {
			forbid(t, above)
		}
		said := runAs(t, uid, "serve", "--listen", "127.0.0.1:0", "--data", dir)
		for _, want := range []string{"cannot be made", above + " belongs to ", "Wadah runs as " + userWord(uid)} {
			if !strings.Contains(said, want) {
				t.Errorf("lacks %q:\n%s", want, said)
			}
		}
	})
}

// somebodysFolder is a data folder with an installation that the user uid may use. That is
// not us when we are root.
func somebodysFolder(t *testing.T) (dir string, uid int) {
	t.Helper()
	dir, uid = filepath.Join(t.TempDir(), "data"), os.Getuid()
	install(t, dir, nil)
	if uid != 0 {
		return dir, uid
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(dir)), filepath.Dir(dir)} {
		if err := os.Chmod(way, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".", "wadah.db", "server.key"} {
		if err := os.Chown(filepath.Join(dir, name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir, nobody
}

// forbid takes a file or folder away from its user, by its mode or its owner.
func forbid(t *testing.T, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = file.Close()
	} else if info, is := os.Stat(path); is == nil && info.IsDir() {
		err = nil
	}
	if err == nil && os.Getuid() == 0 {
		err = os.Chown(path, 0, 0)
	} else if err == nil {
		err = os.Chmod(path, 0)
		t.Cleanup(func() { _ = os.Chmod(path, 0o700) }) // so that it can be removed
	}
	if err != nil {
		t.Fatal(err)
	}
}

// remedy is what mends a path that forbid has taken away.
func remedy(uid int, dir, path string) string {
	if os.Getuid() == 0 {
		return fmt.Sprintf("sudo chown -R %d:%d %s", uid, uid, dir)
	}
	return "chmod -R u+rwX " + path
}

// runAs runs the program as a user until it fails, and returns what it says.
func runAs(t *testing.T, uid int, args ...string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = "/"
	if uid != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	p := startCommand(t, cmd)
	if code := p.wait(); code != exitFailure {
		t.Errorf("wadah %v: code %d, want %d", args, code, exitFailure)
	}
	return p.stderr.String()
}
