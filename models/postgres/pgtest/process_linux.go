package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// process is the server's, which ends with ours.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// launch starts a command that dies when the test does, also when that is killed. The
// system watches the thread that started it, so that one stays.
func launch(cmd *exec.Cmd) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT // immediate shutdown
	cmd.SysProcAttr.Setpgid = true
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended does not matter: it was told to
			close(p.done)
		}
	}()
	return p, <-started
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends the server and all its connections, and waits until they are gone.
func (p *process) kill() error {
	if p == nil || p.ended() {
		return nil
	}
	// SIGQUIT to the server ends its children without a checkpoint, as a crash does.
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !p.ended() {
		return err
	}
	<-p.done
	return nil
}

// Freeze stops the server and its connections where they are, until thaw.
func (s *Server) Freeze() (thaw func() error, err error) {
	server := s.process.cmd.Process.Pid
	if err := syscall.Kill(server, syscall.SIGSTOP); err != nil { // first, so that no others begin
		return nil, err
	}
	frozen := []int{server}
	thaw = func() error {
		var err error
		for _, pid := range frozen {
			if e := syscall.Kill(pid, syscall.SIGCONT); e != nil && !errors.Is(e, syscall.ESRCH) {
				err = errors.Join(err, e)
			}
		}
		return err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server, server))
	if err != nil {
		return thaw, err
	}
	for _, field := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return thaw, err
		}
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && !errors.Is(err, syscall.ESRCH) {
			return thaw, err
		}
		frozen = append(frozen, pid)
	}
	return thaw, nil
}

// account is whom PostgreSQL runs as, which refuses to be root; nil for ourselves.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("neither a user postgres nor nobody to run PostgreSQL as")
}

func unprivileged(cmd *exec.Cmd) {
	if c, err := account(); err == nil && c != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c}
	}
}

// give makes a folder PostgreSQL's.
func give(dir string) error {
	c, err := account()
	if err != nil || c == nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}
