//go:build !linux

package pgtest

import "os/exec"

// process is the server's. It is stopped with the tests; one whose test was killed stays.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // how it ended does not matter: it was told to
		close(p.done)
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *process) kill() error {
	if p == nil || p.ended() {
		return nil
	}
	err := p.cmd.Process.Kill()
	<-p.done
	return err
}

func unprivileged(*exec.Cmd) {}

func give(string) error { return nil }

func (s *Server) onSmallDisk(*exec.Cmd) error { return nil }
