package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk is how large the disk of StartSmall is: an empty installation takes a third.
const smallDisk = "32m"

// StartSmall starts a server for one test whose databases lie on a small disk of their
// own, which Fill fills. It cannot be restarted: the disk ends with the process, whose
// mounts nobody else sees.
func StartSmall(tb testing.TB) *Server {
	tb.Helper()
	return started(tb, func(s *Server) { s.small = filepath.Join(s.dir, "small") })
}

// Fill takes all that is left of the small disk; free gives it back.
func (s *Server) Fill(tb testing.TB) (free func()) {
	tb.Helper()
	path := fmt.Sprintf("/proc/%d/root%s/rest", s.process.cmd.Process.Pid, s.small)
	rest, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = rest.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		tb.Fatal(err)
	}
	return func() {
		tb.Helper()
		if err := errors.Join(rest.Close(), os.Remove(path)); err != nil {
			tb.Fatal(err)
		}
	}
}

// onSmallDisk lets a command of PostgreSQL see the small disk.
func (s *Server) onSmallDisk(cmd *exec.Cmd) error {
	if err := os.MkdirAll(s.small, 0o700); err != nil {
		return err
	}
	who, err := account()
	if err != nil {
		return err
	}
	uid, gid := os.Getuid(), os.Getgid()
	args := []string{"unshare", "--mount"}
	if who == nil {
		args = append(args, "--user", "--map-current-user", "--keep-caps")
	} else {
		uid, gid = int(who.Uid), int(who.Gid)
	}
	args = append(args, "sh", "-c", `mount -t tmpfs -o size="$1",uid="$2",gid="$3",mode=700 tmpfs "$4" && shift 4 && exec "$@"`,
		"sh", smallDisk, strconv.Itoa(uid), strconv.Itoa(gid), s.small)
	if who != nil {
		args = append(args, "setpriv", "--reuid", strconv.Itoa(uid), "--regid", strconv.Itoa(gid), "--clear-groups", "--pdeathsig", "QUIT")
	}
	args = append(args, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path, cmd.Args = "", args
	cmd.SysProcAttr = nil // setpriv does it, after the mount
	cmd.Path, cmd.Err = exec.LookPath(args[0])
	return cmd.Err
}
