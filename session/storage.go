package session

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wadah/models"
)

// storageFailed handles that our store or the driver's could not keep what this
// attempt brought. Its connection is closed: what cannot be stored must not be
// accepted. The caller holds d.mu.
func (a *attempt) storageFailed(err error) {
	d := a.d
	d.m.log.Warn("the device could not store what it must", "device", d.id, "err", err)
	d.m.storage.suspect()
	if d.unlinking {
		d.lost(a, "storage")
		return
	}
	d.pause(eventStorage, "", backoffDelay(max(d.count(a), 1)))
}

// awaitStorage waits until what the attempt brings can be stored; false when the attempt
// is no longer wanted.
func (a *attempt) awaitStorage() bool {
	d := a.d
	works, fails := d.m.storage.verdict()
	select {
	case <-works:
		return true
	case <-fails:
	case <-a.ctx.Done():
		return false
	}
	d.mu.Lock()
	if d.att == a {
		d.stopGrace()
		d.apply(eventStorage, func(s *Snapshot) { s.Retrying = true })
	}
	d.mu.Unlock()
	return waitFor(a.ctx, works, 0) == nil
}

// storageReplaced ends every connection: what they bring would be stored in a file that
// nobody will find again.
func (m *Manager) storageReplaced(err error) {
	for _, d := range m.all() {
		d.mu.Lock()
		if a := d.att; a != nil && d.shown().Reason != ReasonStorage {
			a.storageFailed(err)
		}
		d.mu.Unlock()
	}
}

// isStorage reports whether err is about our store or the driver's, and not about what
// it was asked.
func isStorage(err error) bool {
	return errors.Is(err, ErrStorage) || errors.Is(err, models.ErrStorage) || errors.Is(err, models.ErrCorrupt)
}

const (
	// storageEvery is how often the watch looks whether the database is still in its
	// place: a file deleted or replaced under the program is noticed within 5 s.
	storageEvery = 2 * time.Second
	// storageAgain is how often it tries to write while that fails.
	storageAgain = time.Second
	// storageLimit is how long a database may take to answer before it counts as failing.
	storageLimit = 3 * time.Second
)

// storageWatch knows whether what devices bring can be stored. Nobody dials while it
// cannot: WhatsApp keeps what it could not deliver.
type storageWatch struct {
	store *models.Store
	log   *slog.Logger
	wake  chan struct{} // holds a value when somebody has met a failure

	mu    sync.Mutex
	err   error         // why it fails; nil while it works, or that is being found out
	works chan struct{} // closed while it works
	fails chan struct{} // closed while it fails
}

func newStorageWatch(store *models.Store, log *slog.Logger) *storageWatch {
	w := &storageWatch{store: store, log: log, wake: make(chan struct{}, 1), works: make(chan struct{}), fails: make(chan struct{})}
	close(w.works)
	return w
}

// verdict is closed channels of what is known now: works, fails, or neither while the
// watch is finding out.
func (w *storageWatch) verdict() (works, fails <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.works, w.fails
}

// suspect says that something could not be stored. Until the watch knows more, nobody
// dials.
func (w *storageWatch) suspect() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if isClosed(w.works) {
		w.works = make(chan struct{})
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// note takes up what a look at the storage has found, and reports whether that is news.
func (w *storageWatch) note(err error) (news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.err
	w.err = err
	switch {
	case err == nil:
		if before != nil {
			w.log.Info("the storage works again")
			w.fails = make(chan struct{})
		}
		if !isClosed(w.works) {
			close(w.works)
		}
	case before == nil:
		w.log.Error("the storage cannot be used; devices that need it wait", "err", err)
		if isClosed(w.works) {
			w.works = make(chan struct{})
		}
		close(w.fails)
	}
	return (err == nil) != (before == nil) || errors.Is(err, models.ErrReplaced) != errors.Is(before, models.ErrReplaced)
}

// run watches until ctx ends. replaced is called when the database is found to be
// deleted or replaced.
func (w *storageWatch) run(ctx context.Context, replaced func(error)) {
	for {
		_, fails := w.verdict()
		write, pause := isClosed(fails), storageEvery
		if write {
			pause = storageAgain
		}
		select {
		case <-w.wake:
			write = true
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		err := w.look(ctx, write)
		if ctx.Err() != nil {
			return
		}
		if w.note(err) && errors.Is(err, models.ErrReplaced) {
			replaced(err)
		}
	}
}

// look says what is wrong with the storage. Only a write tells all; a database that is
// not in its place is noticed without.
func (w *storageWatch) look(ctx context.Context, write bool) error {
	ctx, cancel := context.WithTimeout(ctx, storageLimit)
	defer cancel()
	if write {
		return w.store.Probe(ctx)
	}
	return w.store.InPlace(ctx)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
