package models

import (
	"context"
	"strconv"
	"sync"
	"time"

	"wadah/models/engine"
)

const (
	// settingProbe is the setting that Probe writes.
	settingProbe = "storage_probe"
	// probeAge is how long a result serves those who ask again: whoever can reach readyz
	// can ask.
	probeAge = 500 * time.Millisecond
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
	if err := s.engine.Ready(ctx); err != nil {
		return err
	}
	return s.SetSetting(ctx, settingProbe, strconv.FormatInt(s.nowMilli(), 10))
}

// InPlace reports, in microseconds, whether the database is still the one that was
// opened; see ErrReplaced.
func (s *Store) InPlace(context.Context) error { return s.engine.InPlace() }

// Sizes are figures of what the database holds, for whoever watches it grow.
type Sizes struct {
	engine.Space
	Rows map[string]int64 // by table, the library's tables too
}

// Sizes counts. It reads every table's smallest index, which takes a second where there
// are millions of rows: ask it now and then, not at every request.
func (s *Store) Sizes(ctx context.Context) (Sizes, error) {
	const doing = "measure the database"
	space, err := s.engine.Space(ctx)
	if err != nil {
		return Sizes{}, wrap(ctx, doing, err)
	}
	sizes := Sizes{Space: space, Rows: make(map[string]int64)}
	tables, err := s.read(ctx).Migrator().GetTables()
	if err != nil {
		return sizes, wrap(ctx, doing, err)
	}
	for _, name := range tables {
		var rows int64
		if err := s.read(ctx).Table(name).Count(&rows).Error; err != nil {
			return sizes, wrap(ctx, doing, err)
		}
		sizes.Rows[name] = rows
	}
	return sizes, nil
}
