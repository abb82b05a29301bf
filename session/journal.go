package session

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wadah/models"
)

// journal writes the timeline in batches, so that a change of state never waits for
// the disk and a fleet that reconnects costs a few transactions.
type journal struct {
	store *models.Store
	log   *slog.Logger
	wake  chan struct{}

	writing sync.Mutex // held while a batch is written, so that flush sees the end of it
	mu      sync.Mutex
	pending []models.DeviceEvent
}

const (
	// journalLimit bounds what is kept while the disk refuses to take it: the newest.
	journalLimit = 20_000
	// journalAgain is when what could not be written is tried again.
	journalAgain = 5 * time.Second
)

func newJournal(store *models.Store, log *slog.Logger) *journal {
	return &journal{store: store, log: log, wake: make(chan struct{}, 1)}
}

// add notes one change; it never blocks.
func (j *journal) add(e models.DeviceEvent) {
	j.mu.Lock()
	if len(j.pending) >= journalLimit {
		j.pending = j.pending[1:]
	}
	j.pending = append(j.pending, e)
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes until ctx ends, and what is left then.
func (j *journal) run(ctx context.Context) {
	const batchEvery = 100 * time.Millisecond
	for {
		var again <-chan time.Time
		if j.behind() {
			again = time.After(journalAgain)
		}
		select {
		case <-again:
			j.flush(ctx)
			continue
		case <-j.wake:
			if waitFor(ctx, nil, batchEvery) == nil {
				j.flush(ctx)
				continue
			}
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		j.flush(last)
		return
	}
}

// behind reports whether something is not written.
func (j *journal) behind() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.pending) > 0
}

// flush writes what is pending. What cannot be written is tried again.
func (j *journal) flush(ctx context.Context) {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	batch := j.pending
	j.pending = nil
	j.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	if err := j.store.AddEvents(ctx, batch); err != nil {
		j.log.Error("the timeline cannot be written; it is kept in memory", "rows", len(batch), "err", err)
		j.mu.Lock()
		j.pending = append(batch, j.pending...)
		j.mu.Unlock()
	}
}
