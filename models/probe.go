package models

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	// settingProbe is the setting that Probe writes.
	settingProbe = "storage_probe"
	// probeRoom is how much more the disk must take, in bytes. The row alone would fit
	// into what the database's log has allocated already, when nothing else does.
	probeRoom = 256 << 10
	// probeAge is how long a result serves those who ask again: whoever can reach readyz
	// can ask.
	probeAge = 500 * time.Millisecond
	// probeName begins the name of the file that takes the room, in the database's folder.
	probeName = ".wadah-probe-"
)

// probe is one test of the storage, shared by all who ask while it runs.
type probe struct {
	mu   sync.Mutex
	last *probeRun
}

type probeRun struct {
	done chan struct{}
	at   time.Time // when it was done
	err  error
}

// Probe writes, and so finds out whether what comes next can be stored: it is
// ErrReplaced when the file is not the one that was opened, and ErrStorage when it
// takes no row or its disk has no room. SQLite waits 10 s for a lock whatever ctx says;
// Probe does not.
func (s *Store) Probe(ctx context.Context) error {
	run := s.probe.join(func() error { return s.tryToWrite(context.WithoutCancel(ctx)) })
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return wrap(ctx, "write to the database", ctx.Err())
	}
}

// join is the run that is under way or was a moment ago; otherwise it begins one.
func (p *probe) join(try func() error) *probeRun {
	p.mu.Lock()
	defer p.mu.Unlock()
	if run := p.last; run != nil {
		select {
		case <-run.done:
			if time.Since(run.at) < probeAge {
				return run
			}
		default:
			return run
		}
	}
	run := &probeRun{done: make(chan struct{})}
	p.last = run
	go func() {
		run.err, run.at = try(), time.Now()
		close(run.done)
	}()
	return run
}

func (s *Store) tryToWrite(ctx context.Context) error {
	if err := s.InPlace(ctx); err != nil {
		return err
	}
	// The room first: where there is none SQLite speaks of an error of the disk.
	if err := takeRoom(filepath.Dir(s.path)); err != nil {
		return wrap(ctx, "write to the database's folder", err)
	}
	return s.SetSetting(ctx, settingProbe, strconv.FormatInt(s.nowMilli(), 10))
}

// InPlace reports, in microseconds, whether the database's files are still the ones that
// were opened; see ErrReplaced.
func (s *Store) InPlace(ctx context.Context) error {
	return wrap(ctx, "use "+s.path, s.place.check())
}

// takeRoom writes a file and removes it before it reaches the disk: the file system
// has to promise it the room all the same. The name goes first, where that can be, so
// that a killed program leaves none.
func takeRoom(dir string) error {
	f, err := os.CreateTemp(dir, probeName+"*")
	if err != nil {
		return err
	}
	named := os.Remove(f.Name()) != nil // Windows keeps the names of open files
	_, err = f.Write(make([]byte, probeRoom))
	err = errors.Join(err, f.Close())
	if named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
