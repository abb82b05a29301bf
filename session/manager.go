// Package session keeps devices linked and connected, and says what state each is
// in and why. It knows no HTTP, no SQL and no WhatsApp library: it drives a Driver
// and stores through models.
//
// How it fits together:
//
//	Manager  the registry of devices; its commands are what handlers call (commands.go)
//	device   one slot: its lock, its current attempt, its snapshot (device.go)
//	attempt  one connection from before its dial until nothing of it is left (attempt.go)
//	state.go the table that says which event leads where; it does no I/O
//	Hub      hands every new snapshot to whoever watches (hub.go)
//
// All changes of one device happen under its lock, in device.apply. Nothing waits
// for the network while it holds a lock; short writes to the database do happen
// under it, so that memory and disk agree. Reads take the snapshot: they never
// block and never start anything.
package session

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"wadah/models"
	"wadah/session/eventlog"
	"wadah/session/message"
	"wadah/session/uptime"
)

// Config holds the times and limits of device life.
type Config struct {
	Times            // at first; those that were set later are stored and taken up by Start
	Fixed FixedTimes // which of Times stay as they are here

	Pace message.Pace // how fast each device may send

	DialsPerSecond int // of the whole fleet; 0 is no limit
	DialsAtOnce    int

	MaxDevices int // that may exist before AddDevice refuses to make one; 0 for any number

	// How many phone codes WhatsApp is asked for within an hour; 0 is no limit.
	CodesPerDevice, CodesPerNumber int

	NotesDir string // where the next start is told what the database could not be told; "": nowhere

	VersionEvery time.Duration // between two looks at WhatsApp's current version; 0 never looks
}

// DefaultConfig is what the product runs with unless told otherwise.
func DefaultConfig() Config {
	return Config{
		Times:          Times{ScanWindow: 10 * time.Minute, Grace: 2 * time.Minute},
		Pace:           message.DefaultPace,
		DialsPerSecond: 100,
		DialsAtOnce:    32,
		CodesPerDevice: 20,
		CodesPerNumber: 10,
		VersionEvery:   6 * time.Hour,
	}
}

// Deadlines of the phases that Config does not name.
const (
	settleLimit  = 30 * time.Second // from the handshake to the first code or the end of the login
	reloginAfter = 3 * time.Second  // after linking, when WhatsApp does not ask for the first login by itself
	passkeyLimit = 3 * time.Minute  // for the person to make the passkey answer
	stopLimit    = 5 * time.Second  // for a command to wait until a connection is closed
	stableAfter  = 2 * time.Minute  // a connection that lasted this long refills the reconnect budget
	personLimit  = 25 * time.Second // for WhatsApp to issue a phone code or to take a passkey's answer: somebody waits for it
	unlinkLimit  = 15 * time.Second // to reach WhatsApp and unlink
	sweepEvery   = time.Minute      // how often "last alive" is stored
)

// Errors of the manager's commands.
var (
	ErrNoDevice       = errors.New("no such device")
	ErrTooManyDevices = errors.New("there are as many devices as there may be")
	ErrBusy           = errors.New("the device is being unlinked")
	ErrShuttingDown   = errors.New("the program is stopping")
	ErrAlreadyLinked  = errors.New("the device is linked already")
	ErrNotLinking     = errors.New("the device is not at that step of linking")
)

// BannedError refuses to start a device whose account WhatsApp has locked.
type BannedError struct{ Until time.Time }

func (e *BannedError) Error() string {
	return "WhatsApp has locked this account until " + e.Until.UTC().Format(time.RFC3339)
}

// Manager keeps all devices. Make it with NewManager, then call Start once.
type Manager struct {
	parts
	lifetime
	registry
	traffic
	limits
	memory
	clocks
	scanLinks *ScanLinks
}

// parts are what a manager is made with.
type parts struct {
	store  *models.Store
	driver Driver
	cfg    Config
	log    *slog.Logger
	hub    *Hub
}

// lifetime is the life of connections: from Start to Shutdown.
type lifetime struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running running // what spawn has begun
}

// registry holds the devices.
type registry struct {
	mu      sync.RWMutex
	devices map[string]*device
	closing bool

	list atomic.Pointer[[]*device] // by creation, for reads without a lock
}

// traffic is what messages go through.
type traffic struct {
	events  *eventlog.Log
	inbox   *message.Inbox
	outbox  *message.Outbox
	numbers *message.Numbers
	groups  *message.Groups
	history chan struct{} // holds a token while a piece of history is read
}

// limits protect WhatsApp, and accounts, from many devices at once.
type limits struct {
	gov   *governor
	codes *codeLimits
}

// memory is what becomes of what must not be forgotten.
type memory struct {
	journal *journal
	storage *storageWatch
	ended   endedLinks
	notes   notes
}

// clocks are times and what goes by them.
type clocks struct {
	version versionKeeper
	uptime  func() time.Duration // also goes while the machine sleeps

	timesMu sync.Mutex // held by SetTimes
	times   atomic.Pointer[Times]
}

// NewManager wires a manager; nothing runs before Start.
func NewManager(store *models.Store, driver Driver, cfg Config, log *slog.Logger) *Manager {
	ctx, cancel := context.WithCancel(context.Background())
	m := &Manager{
		parts:    parts{store: store, driver: driver, cfg: cfg, log: log},
		lifetime: lifetime{ctx: ctx, cancel: cancel},
		registry: registry{devices: make(map[string]*device)},
		limits:   limits{newGovernor(cfg.DialsPerSecond, cfg.DialsAtOnce), newCodeLimits(cfg.CodesPerDevice, cfg.CodesPerNumber)},
		memory:   memory{notes: notes{dir: cfg.NotesDir, log: log}},
		clocks:   clocks{uptime: uptime.Now},
	}
	m.list.Store(new([]*device))
	m.times.Store(&cfg.Times)
	m.version.asking = make(chan struct{}, 1)
	m.journal = newJournal(store, log)
	m.scanLinks = newScanLinks(m)
	m.hub = newHub(m.scanLinks.saw)
	m.events = eventlog.New(store)
	m.inbox = message.NewInbox(store, log)
	m.outbox = message.NewOutbox(store, m.inbox, m, cfg.Pace, log)
	m.numbers = message.NewNumbers(m.inbox)
	m.groups = message.NewGroups(store)
	m.history = make(chan struct{}, 1)
	m.storage = newStorageWatch(store, log)
	return m
}

// Start loads the devices, repairs links that a crash left half made, and brings
// back what should be on, in the background and at the governor's rate. The context
// bounds the loading only.
func (m *Manager) Start(ctx context.Context) error {
	rows, err := m.store.Devices(ctx)
	if err != nil {
		return fmt.Errorf("load devices: %w", err)
	}
	if err := m.noteServerDown(ctx, rows); err != nil {
		return fmt.Errorf("tell the timelines of the time without a server: %w", err)
	}
	repaired, err := m.repairLinks(ctx, rows)
	if err != nil {
		return fmt.Errorf("repair links: %w", err)
	}
	m.version.builtin = m.Version()
	if err := m.restoreVersion(ctx); err != nil {
		return err
	}
	if err := m.restoreTimes(ctx); err != nil {
		return err
	}
	m.spawn("journal", func() { m.journal.run(m.ctx) })
	m.spawn("inbox", func() { m.inbox.Run(m.ctx) })
	m.spawn("storage", func() { m.storage.run(m.ctx, m.storageReplaced) })
	m.spawn("sweep", m.sweepAlive)
	m.spawn("scan links", func() { m.scanLinks.run(m.ctx) })
	m.spawn("sleep", m.watchSleep)
	m.spawn("version", m.keepVersion)

	for _, row := range rows {
		m.adopt(row)
	}
	if err := m.recallExpected(ctx); err != nil {
		return err
	}
	if err := m.outbox.Start(ctx); err != nil {
		return err
	}
	if err := m.recallNotes(rows); err != nil {
		return fmt.Errorf("look for notes of an earlier run: %w", err)
	}
	for _, d := range m.all() {
		d.mu.Lock()
		s := d.shown()
		if detail, ok := repaired[d.id]; ok {
			m.journal.add(models.DeviceEvent{
				DeviceID: d.id, At: time.Now(), From: string(s.State), To: string(s.State), Reason: string(s.Reason), Detail: detail,
			})
		}
		if s.Desired {
			d.bringUp()
		}
		d.mu.Unlock()
	}
	for _, row := range rows {
		if row.OffReason == unlinkingMark && row.JID != "" {
			m.resumeUnlinking(row.ID)
		}
	}
	if len(repaired) > 0 {
		m.journal.flush(ctx) // so that the next crash does not hide what this one broke
	}
	return nil
}

// Shutdown closes every connection and waits, until ctx ends, for all that runs.
// Desired states stay as they are. No command may follow.
func (m *Manager) Shutdown(ctx context.Context) error {
	m.mu.Lock()
	m.closing = true
	m.mu.Unlock()
	m.hub.Close()
	m.outbox.Close() // while its messages can still get through, or be taken for open

	var closing []<-chan struct{}
	alive := map[string]time.Time{}
	for _, d := range m.all() {
		d.mu.Lock()
		if a := d.att; a != nil {
			if heard := a.lastHeard(); !heard.IsZero() {
				alive[d.id] = heard
			}
			d.detach()
		}
		m.noteGoingDown(d)
		d.stopGrace()
		if d.prev != nil {
			closing = append(closing, d.prev)
		}
		d.mu.Unlock()
	}
	var late error
	for _, done := range closing {
		select {
		case <-done:
		case <-ctx.Done():
			late = fmt.Errorf("some connections did not close in time: %w", ctx.Err())
		}
	}
	m.storeAlive(context.WithoutCancel(ctx), alive)
	m.cancel()
	m.gov.stop()

	select {
	case <-m.running.end():
	case <-ctx.Done():
		late = fmt.Errorf("some work did not end in time: %w", ctx.Err())
	}
	return late
}

// Hub is where new snapshots are announced.
func (m *Manager) Hub() *Hub { return m.hub }

// EventLog is what happened to devices, for whoever tells the outside.
func (m *Manager) EventLog() *eventlog.Log { return m.events }

// Version is the WhatsApp Web version that new connections present.
func (m *Manager) Version() Version { return m.driver.Version() }

// Snapshot is the current snapshot of one device. Errors: ErrNoDevice.
func (m *Manager) Snapshot(id string) (Snapshot, error) {
	d, err := m.device(id)
	if err != nil {
		return Snapshot{}, err
	}
	return d.shown(), nil
}

// Snapshots is the current snapshot of every device, by creation.
func (m *Manager) Snapshots() []Snapshot {
	list := m.all()
	out := make([]Snapshot, len(list))
	for i, d := range list {
		out[i] = d.shown()
	}
	return out
}

// Each is Snapshots without the copies: a list of a thousand devices is gone through at
// every change that somebody watches.
func (m *Manager) Each() iter.Seq[*Snapshot] {
	return func(yield func(*Snapshot) bool) {
		for _, d := range m.all() {
			if !yield(d.snap.Load()) {
				return
			}
		}
	}
}

// Events is the timeline of one device, newest first, at most limit rows.
func (m *Manager) Events(ctx context.Context, id string, limit int) ([]models.DeviceEvent, error) {
	if _, err := m.device(id); err != nil {
		return nil, err
	}
	m.journal.flush(ctx)
	return m.store.Events(ctx, id, limit, "")
}

// EventsSince is what the timelines of devices hold since a moment, and the last event before
// it, newest first. The newest may not be written yet: the snapshots know it.
func (m *Manager) EventsSince(ctx context.Context, ids []string, since time.Time) (map[string][]models.DeviceEvent, error) {
	return m.store.EventsSince(ctx, ids, since)
}

func (m *Manager) isClosing() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.closing
}

// spawn runs f in a goroutine that Shutdown waits for. A panic in it is logged and
// ends only that goroutine.
func (m *Manager) spawn(what string, f func()) {
	if !m.running.begin() {
		m.log.Debug("too late to begin", "what", what)
		return
	}
	go func() {
		defer m.running.done()
		defer m.survive(what)
		f()
	}()
}

// survive is deferred wherever code of one device must not take others down.
func (m *Manager) survive(what string) {
	if r := recover(); r != nil {
		m.log.Error("recovered from a panic", "in", what, "panic", r, "stack", string(debug.Stack()))
	}
}
