package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wadah/models"
)

// record keeps the row of a device true to its life. Whatever changes is put here; one
// writer at a time stores what is newest, and again until it is stored: a full disk or
// a database that another program holds delays what the row says, and never splits it
// from what is. Nothing here takes the device's lock, so its owner may wait under it.
type record struct {
	log   *slog.Logger
	write func(ctx context.Context, life models.Life, durable bool) error
	spawn func(what string, f func())
	done  <-chan struct{} // the program ends: write once more, then give up
	news  func()          // called on a goroutine of its own when what is owed has changed

	mu      sync.Mutex
	want    models.Life // what the row must say
	have    models.Life // what it says, if known
	known   bool        // false while the outcome of a write is open
	put     uint64      // how often want was set
	saved   uint64      // the put that was stored last
	failed  uint64      // the put that failed last
	err     error       // why
	owed    bool        // want is not stored, because storing it has failed or takes long
	writing bool
	gone    bool          // there is no row any more
	changed chan struct{} // closed and renewed at the end of each write
	kick    chan struct{} // ends the pause after a failure
}

const (
	// storeLimit bounds the wait for the database under a device's lock.
	storeLimit = 3 * time.Second
	// saveLimit bounds one write. SQLite does not interrupt its wait for another program's
	// lock (10 s), so it may take that long.
	saveLimit = 10 * time.Second
	// A write that failed is tried again after a pause that doubles up to savePauseCap.
	savePause, savePauseCap = 250 * time.Millisecond, 5 * time.Second
)

// ErrUnsaved says that something was done, but could not be stored: it is tried again,
// but a program that starts before that does not know.
var ErrUnsaved = errors.New("this is not stored yet")

var errStoreSlow = errors.New("the store did not answer in time")

func newRecord(m *Manager, row models.Device, news func()) *record {
	return &record{
		log: m.log.With("device", row.ID), spawn: m.spawn, done: m.ctx.Done(), news: news,
		write: func(ctx context.Context, life models.Life, durable bool) error {
			return m.store.SaveLife(ctx, row.ID, life, durable)
		},
		want: row.Life(), have: row.Life(), known: true,
		changed: make(chan struct{}), kick: make(chan struct{}, 1),
	}
}

// keep makes life what the row must say, and returns the number of this change for wait.
func (r *record) keep(life models.Life) (change uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owed && !life.Equal(r.want) {
		r.spawn("tell", r.news)
	}
	r.put++
	r.want = life
	switch {
	case r.gone, !r.writing && r.known && life.Equal(r.have):
		r.saved = r.put
	case !r.writing:
		r.writing = true
		r.spawn("record", r.run)
	default:
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
	return r.put
}

// wait waits until a change is stored, or until storing it has failed once, which is
// then the error. Errors: ErrStorage, models.ErrConflict, models.ErrNotFound, ctx's.
func (r *record) wait(ctx context.Context, change uint64, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errStoreSlow)
	defer cancel()
	for {
		r.mu.Lock()
		changed := r.changed
		switch {
		case r.gone:
			r.mu.Unlock()
			return models.ErrNotFound
		case r.saved >= change:
			r.mu.Unlock()
			return nil
		case r.failed >= change:
			defer r.mu.Unlock()
			return r.err
		}
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			err := errors.Join(ErrStorage, context.Cause(ctx))
			r.late(change, err)
			return err
		}
	}
}

// late notes that a change is not stored yet although somebody has waited for it.
func (r *record) late(change uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved < change {
		r.owe(err)
	}
}

// owe tells that the row is behind. The caller holds mu.
func (r *record) owe(err error) {
	if r.owed || r.gone {
		return
	}
	r.owed = true
	r.log.Error("what became of a device cannot be stored; it is tried again", "err", err)
	r.spawn("tell", r.news)
}

// end says that the row is gone, or goes.
func (r *record) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.announce()
}

// isOwed reports whether the row does not say what it must, because storing failed.
func (r *record) isOwed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.owed
}

// run writes until nothing is left to write.
func (r *record) run() {
	pause := savePause
	for last := false; ; {
		life, change, durable, rest := r.next()
		if rest {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), saveLimit)
		err := r.write(ctx, life, durable)
		cancel()
		if r.wrote(life, change, durable, err) {
			pause = savePause
			continue
		}
		if last {
			r.log.Error("what became of a device is not stored; the next start sees it as it was before", "err", err)
			return
		}
		timer := time.NewTimer(pause)
		pause = min(2*pause, savePauseCap)
		select {
		case <-timer.C:
		case <-r.kick:
		case <-r.done:
			last = true
		}
		timer.Stop()
	}
}

// next is what must be written now; rest says that there is nothing.
func (r *record) next() (life models.Life, change uint64, durable, rest bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.known && r.want.Equal(r.have) {
		r.writing = false
		r.settled(r.put)
		return r.want, r.put, false, true
	}
	return r.want, r.put, !r.known || !r.want.SameLink(r.have), false
}

// wrote takes over the outcome of a write; false when it must be tried again.
func (r *record) wrote(life models.Life, change uint64, durable bool, err error) (ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, models.ErrNotFound):
		r.gone = true
		r.announce()
		return true
	case err == nil:
		r.have, r.known = life, true
		r.settled(change)
		return true
	}
	// A statement that the database refused has changed nothing. One that was given up, or
	// was to be synced, may have.
	taken := errors.Is(err, models.ErrConflict)
	r.known = r.known && (taken || !durable && errors.Is(err, models.ErrStorage))
	r.failed, r.err = change, err
	if !taken {
		r.err = errors.Join(ErrStorage, err)
	}
	r.announce()
	r.owe(err)
	return false
}

// settled notes that a change is stored. The caller holds mu.
func (r *record) settled(change uint64) {
	r.saved = change
	r.announce()
	if r.owed && (r.gone || r.known && r.want.Equal(r.have)) {
		r.owed = false
		r.log.Info("what became of a device is stored now")
		r.spawn("tell", r.news)
	}
}

// announce wakes who waits. The caller holds mu.
func (r *record) announce() {
	close(r.changed)
	r.changed = make(chan struct{})
}
