package handlers

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"
	"time"

	"wadah/session"
)

const (
	scanRetry = 5 * time.Second // how long the keeper waits after the store has failed
	scanTime  = 5 * time.Second // how long the store may take
	scanDone  = 1000            // how many links that did their work are remembered
)

// scanStore is what the keeper needs of models.Store.
type scanStore interface {
	DevicesWithScanLinks(ctx context.Context) ([]string, error)
	EndScanLinks(ctx context.Context, deviceID string) error
}

// scanKeeper ends the scan links of every device that becomes connected, also while
// nobody looks at a scan page: a link that has done its work must not come back to life
// when the device is logged out a minute later.
type scanKeeper struct {
	store     scanStore
	snapshots func() []session.Snapshot // session.Manager.Snapshots
	log       *slog.Logger
	wake      chan struct{}

	mu   sync.Mutex
	open map[string]bool                 // devices that may have valid links
	due  map[string]bool                 // devices whose links are over, whatever the store says yet
	done map[[sha256.Size]byte]time.Time // tokens that have linked a device, hashed
}

func newScanKeeper(store scanStore, snapshots func() []session.Snapshot, log *slog.Logger) *scanKeeper {
	return &scanKeeper{
		store: store, snapshots: snapshots, log: log,
		wake: make(chan struct{}, 1),
		open: make(map[string]bool), due: make(map[string]bool),
		done: make(map[[sha256.Size]byte]time.Time),
	}
}

// opened says that a device gets a link. Call it before the link is stored.
func (k *scanKeeper) opened(deviceID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open[deviceID] = true
}

// saw is told of every snapshot. It never blocks.
func (k *scanKeeper) saw(snap session.Snapshot) {
	if snap.State != session.StateConnected {
		return
	}
	k.mu.Lock()
	ends := k.open[snap.ID]
	if ends {
		delete(k.open, snap.ID)
		k.due[snap.ID] = true
	}
	k.mu.Unlock()
	if !ends {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// over reports whether the links of a device have ended although the store may still
// hold them.
func (k *scanKeeper) over(deviceID string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.due[deviceID]
}

// run ends links until quit is closed.
func (k *scanKeeper) run(quit <-chan struct{}) {
	loaded := false
	for {
		var again <-chan time.Time
		if !loaded {
			loaded = k.load()
		}
		if !loaded || !k.settle() {
			again = time.After(scanRetry)
		}
		select {
		case <-quit:
			return
		case <-k.wake:
		case <-again:
		}
	}
}

// load learns of the links that were made before this process began.
func (k *scanKeeper) load() bool {
	ctx, cancel := context.WithTimeout(context.Background(), scanTime)
	defer cancel()
	ids, err := k.store.DevicesWithScanLinks(ctx)
	if err != nil {
		k.warn(err)
		return false
	}
	for _, id := range ids {
		k.opened(id)
	}
	for _, snap := range k.snapshots() {
		k.saw(snap)
	}
	return true
}

// settle stores what is over, and reports whether all of it could be stored.
func (k *scanKeeper) settle() bool {
	ctx, cancel := context.WithTimeout(context.Background(), scanTime)
	defer cancel()
	k.mu.Lock()
	ids := make([]string, 0, len(k.due))
	for id := range k.due {
		ids = append(ids, id)
	}
	k.mu.Unlock()
	all := true
	for _, id := range ids {
		if err := k.store.EndScanLinks(ctx, id); err != nil {
			k.warn(err)
			all = false
			continue
		}
		k.mu.Lock()
		delete(k.due, id)
		k.mu.Unlock()
	}
	return all
}

func (k *scanKeeper) warn(err error) {
	k.log.Warn("scan links of connected devices cannot be ended yet", "err", err)
}

// finished remembers that a valid link has done its work, so that its page can say so
// when it is loaded anew.
func (k *scanKeeper) finished(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.done) >= scanDone {
		clear(k.done)
	}
	k.done[sha256.Sum256([]byte(token))] = time.Now()
}

// isFinished reports whether the link with this token has done its work lately.
func (k *scanKeeper) isFinished(token string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, known := k.done[sha256.Sum256([]byte(token))]
	return known && time.Since(at) < time.Hour
}
