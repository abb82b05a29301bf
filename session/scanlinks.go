package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wadah/models"
)

const (
	scanLinkRetry = 5 * time.Second // how long ScanLinks waits after the store has failed
	scanLinkTime  = 5 * time.Second // how long the store may take
	scanLinkSpan  = time.Hour       // how long it is remembered that a link has done its work
	scanLinksDone = 1000            // of how many links it is
)

// ScanLinks are the links by which somebody without a login links a device. All links of a
// device end when it becomes connected, also while nobody looks at one: a link that has
// done its work must not come back to life when the device is logged out a minute later.
type ScanLinks struct {
	store   *models.Store
	devices *Manager
	log     *slog.Logger
	wake    chan struct{} // holds a token when there is something to settle

	mu    sync.Mutex
	valid map[string]bool                 // devices that may have valid links
	over  map[string]bool                 // devices whose links are over, whatever the store says yet
	done  map[[sha256.Size]byte]time.Time // when links have linked a device, by the hash of their token
}

func newScanLinks(m *Manager) *ScanLinks {
	return &ScanLinks{
		store: m.store, devices: m, log: m.log, wake: make(chan struct{}, 1),
		valid: make(map[string]bool), over: make(map[string]bool), done: make(map[[sha256.Size]byte]time.Time),
	}
}

// ScanLinks are the links by which somebody without a login links a device.
func (m *Manager) ScanLinks() *ScanLinks { return m.scanLinks }

// Create makes a link for a device that is not linked, made by a user of this name and
// valid for life (0: the usual time). Errors: ErrNoDevice, ErrAlreadyLinked,
// *models.Invalid.
func (l *ScanLinks) Create(ctx context.Context, deviceID, by string, life time.Duration) (models.ScanLink, error) {
	snap, err := l.devices.Find(ctx, deviceID)
	if err != nil {
		return models.ScanLink{}, err
	}
	if snap.Linked() {
		return models.ScanLink{}, ErrAlreadyLinked
	}
	l.mu.Lock()
	l.valid[deviceID] = true // before the link is stored
	l.mu.Unlock()
	link, err := l.store.CreateScanLink(ctx, deviceID, by, life)
	if err != nil {
		return link, err
	}
	// It may have been linked in this very moment.
	if now, err := l.devices.Snapshot(deviceID); err == nil {
		l.saw(now)
	}
	return link, nil
}

// List are the valid links of a device, newest first.
func (l *ScanLinks) List(ctx context.Context, deviceID string) ([]models.ScanLink, error) {
	if l.isOver(deviceID) {
		return nil, nil
	}
	return l.store.ScanLinks(ctx, deviceID)
}

// Open finds the valid link with a token and the device it is for. Errors:
// models.ErrNotFound for every link that opens nothing, used ones included.
func (l *ScanLinks) Open(ctx context.Context, token string) (models.ScanLink, Snapshot, error) {
	link, err := l.store.ScanLinkByToken(ctx, token)
	if err != nil {
		return link, Snapshot{}, err
	}
	snap, err := l.devices.Find(ctx, link.DeviceID)
	switch {
	case errors.Is(err, ErrNoDevice):
		return link, snap, models.ErrNotFound
	case err != nil:
		return link, snap, err
	case l.isOver(snap.ID) || snap.State == StateConnected:
		l.Finish(token)
		return link, snap, models.ErrNotFound
	}
	return link, snap, nil
}

// GoesOn reports whether who has opened the link with a token may go on watching the
// device. The moment of success belongs to it. A store that does not answer is no reason
// to send anybody away.
func (l *ScanLinks) GoesOn(ctx context.Context, deviceID, token string) bool {
	if l.isOver(deviceID) {
		return true
	}
	_, err := l.store.ScanLinkByToken(ctx, token)
	if err == nil || !errors.Is(err, models.ErrNotFound) {
		return true
	}
	snap, err := l.devices.Snapshot(deviceID)
	return err == nil && snap.State == StateConnected
}

// Finish remembers that a valid link has done its work.
func (l *ScanLinks) Finish(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.done) >= scanLinksDone {
		clear(l.done)
	}
	l.done[sha256.Sum256([]byte(token))] = time.Now()
}

// IsFinished reports whether the link with a token has done its work lately.
func (l *ScanLinks) IsFinished(token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, known := l.done[sha256.Sum256([]byte(token))]
	return known && time.Since(at) < scanLinkSpan
}

// saw is told of every snapshot. It never blocks.
func (l *ScanLinks) saw(snap Snapshot) {
	if snap.State != StateConnected {
		return
	}
	l.mu.Lock()
	ends := l.valid[snap.ID]
	if ends {
		delete(l.valid, snap.ID)
		l.over[snap.ID] = true
	}
	l.mu.Unlock()
	if !ends {
		return
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// isOver reports whether the links of a device have ended although the store may still
// hold them.
func (l *ScanLinks) isOver(deviceID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over[deviceID]
}

// run ends links until ctx ends.
func (l *ScanLinks) run(ctx context.Context) {
	loaded := false
	for {
		var again <-chan time.Time
		if !loaded {
			loaded = l.load(ctx)
		}
		if !loaded || !l.settle(ctx) {
			again = time.After(scanLinkRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-again:
		}
	}
}

// load learns of the links that were made before this process began.
func (l *ScanLinks) load(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, scanLinkTime)
	defer cancel()
	ids, err := l.store.DevicesWithScanLinks(ctx)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			l.warn(err)
		}
		return false
	}
	l.mu.Lock()
	for _, id := range ids {
		l.valid[id] = true
	}
	l.mu.Unlock()
	for snap := range l.devices.Each() {
		l.saw(*snap)
	}
	return true
}

// settle stores what is over, and reports whether all of it could be stored.
func (l *ScanLinks) settle(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), scanLinkTime) // what is over is over, also while we stop
	defer cancel()
	l.mu.Lock()
	ids := make([]string, 0, len(l.over))
	for id := range l.over {
		ids = append(ids, id)
	}
	l.mu.Unlock()
	all := true
	for _, id := range ids {
		if err := l.store.EndScanLinks(ctx, id); err != nil {
			l.warn(err)
			all = false
			continue
		}
		l.mu.Lock()
		delete(l.over, id)
		l.mu.Unlock()
	}
	return all
}

func (l *ScanLinks) warn(err error) {
	l.log.Warn("scan links of connected devices cannot be ended yet", "err", err)
}
