package session

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"wadah/models"
)

// device is one slot. mu guards everything below it; snap is for readers.
type device struct {
	m       *Manager
	id      string
	created time.Time
	snap    atomic.Pointer[Snapshot]  // written by apply alone: see TestOneWriterOfSnapshots
	touched atomic.Pointer[time.Time] // when the scan window last began; never nil
	expects atomic.Bool               // the store may know of something to read: see expected.go
	reading atomic.Bool               // it is being read
	grouped atomic.Pointer[string]    // the account whose groups were read; nil while nobody has looked
	asking  chan struct{}             // holds who is asking for a phone code
	record  *record                   // its row

	editing sync.Mutex // held while what its owner wrote about it (name, note, proxy) is stored
	noting  sync.Mutex // held while a note for the next start is made

	mu        sync.Mutex
	link      string          // JID of the link; claimed before the snapshot shows the account
	proxy     string          // URL; empty connects directly
	att       *attempt        // the current connection; nil when nothing runs
	prev      <-chan struct{} // closed when what ran before is gone: the next dial waits for it
	changed   chan struct{}   // closed at the next change; nil while nobody waits
	unlinking bool            // a log-out or delete is at work
	marked    bool            // and the row says so until it is finished: see unlinkingMark
	removed   bool

	fails     int         // dials in a row that did not get through
	flaps     int         // connections in a row that were lost before they were stable
	refreshed bool        // the version was refreshed since the last success
	grace     *graceTimer // nil while WhatsApp is in reach
	watchers  int         // browsers that show this device
}

func newDevice(m *Manager, row models.Device) *device {
	d := &device{m: m, id: row.ID, created: row.CreatedAt, link: row.JID, proxy: row.Proxy, asking: make(chan struct{}, 1)}
	d.touched.Store(&time.Time{})
	d.record = newRecord(m, row, d.tellOwed)
	life := row.Life()
	d.marked = life.OffReason == unlinkingMark && life.JID != ""
	s := Snapshot{
		ID: row.ID, Name: row.Name, Note: row.Note, Default: row.Default, Desired: row.Desired, CreatedAt: row.CreatedAt,
		State: StateOff, Reason: ReasonNeverStarted, Since: row.CreatedAt,
		Account: Account{JID: row.JID, Name: row.PushName, Platform: row.Platform},
		Until:   life.OffUntil, LinkedAt: life.LinkedAt,
	}
	switch life.OffReason {
	case "":
	case unlinkingMark:
		s.Reason = ReasonStopped
	default:
		s.Reason = Reason(life.OffReason)
	}
	if !life.OffSince.IsZero() {
		s.Since = life.OffSince
	}
	if row.LastAliveAt != nil {
		s.LastAlive = *row.LastAliveAt
	}
	d.snap.Store(&s)
	return d
}

// shown is the device's snapshot: what everybody sees of it. A change of the copy
// changes nothing.
func (d *device) shown() Snapshot { return *d.snap.Load() }

// apply is the only place where a device changes in what is seen and stored of it. It
// looks ev up in the table, lets change fill in what belongs to the new state, publishes
// the new snapshot and has the row follow. An event that means nothing in the present
// state changes nothing. The caller holds mu.
func (d *device) apply(ev event, change func(*Snapshot)) {
	before := d.shown()
	t, ok := next(before.State, ev)
	if !ok {
		d.m.log.Debug("event without meaning in this state", "device", d.id, "state", before.State, "event", ev.String())
		return
	}
	s := before
	if !t.keep {
		if s.State != t.state {
			s.Since = time.Now()
		}
		s.State, s.Reason, s.Detail, s.Until, s.Retrying = t.state, t.reason, "", time.Time{}, false
		s.NextTry = time.Time{}
	}
	if change != nil {
		change(&s)
	}
	d.tidy(&s)
	if t.quiet {
		d.snap.Store(&s)
		return
	}
	if !s.Deleted && (s.State != before.State || s.Reason != before.Reason) {
		d.m.journal.add(models.DeviceEvent{
			DeviceID: d.id, At: time.Now(), From: string(before.State), To: string(s.State), Reason: string(s.Reason), Detail: s.Detail,
		})
		d.m.log.Info("device", "device", d.id, "state", s.State, "reason", s.Reason, "detail", s.Detail)
	}
	s.Rev = before.Rev + 1
	d.snap.Store(&s)
	d.m.hub.publish(s)

	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
	d.save()
}

// tidy takes out of a snapshot what does not go with its state.
func (d *device) tidy(s *Snapshot) {
	if s.State != StateScan {
		s.QR, s.Phone = nil, nil
	}
	if s.Reason != ReasonPasskey {
		s.Passkey = nil
	}
	if d.link == "" {
		s.Account, s.LinkedAt = Account{}, time.Time{}
	}
}

// life is what the row must say. The caller holds mu.
func (d *device) life() models.Life {
	s := d.shown()
	life := models.Life{Desired: s.Desired, JID: d.link}
	if d.link != "" {
		life.PushName, life.Platform, life.LinkedAt = s.Account.Name, s.Account.Platform, s.LinkedAt
	}
	switch {
	case d.marked && d.link != "":
		life.Desired, life.OffReason, life.OffSince = false, unlinkingMark, s.Since
	case s.State == StateOff && !s.Retrying && s.Reason != ReasonNeverStarted:
		life.OffReason, life.OffUntil, life.OffSince = string(s.Reason), s.Until, s.Since
	}
	return life
}

// save has the row follow what is. The caller holds mu.
func (d *device) save() (change uint64) { return d.record.keep(d.life()) }

// saveFirst stores life before what it says becomes true. After an error the caller
// leaves things as they were, and saves that. The caller holds mu.
func (d *device) saveFirst(ctx context.Context, life models.Life) error {
	return d.record.wait(ctx, d.record.keep(life), storeLimit)
}

// tellOwed lets the snapshot say whether the row is behind, and the next start know.
func (d *device) tellOwed() {
	d.sayOwed()
	d.makeNote()
}

func (d *device) sayOwed() {
	d.mu.Lock()
	defer d.mu.Unlock()
	owed := d.record.isOwed()
	if owed {
		d.m.storage.suspect()
	}
	if owed != d.shown().Unsaved && !d.removed {
		d.apply(eventNews, func(s *Snapshot) { s.Unsaved = owed })
	}
}

// bringUp starts connecting from nothing. The caller holds mu and has stored that the
// device is wanted.
func (d *device) bringUp() {
	d.fails, d.flaps, d.refreshed = 0, 0, false
	d.touch()
	ev := eventRestore
	if d.link == "" {
		ev = eventStart
	}
	d.apply(ev, func(s *Snapshot) { s.Desired = true })
	d.startGrace()
	d.begin(0, false)
}

// begin makes a new attempt the current one; it dials after delay. The caller holds mu.
func (d *device) begin(delay time.Duration, releasable bool) {
	d.detach()
	a := newAttempt(d, d.prev)
	d.att = a
	d.m.spawn("dial", func() { a.run(delay, releasable) })
}

// detach ends the current attempt, if there is one: its signals no longer count and
// it is closed in the background. The caller holds mu.
func (d *device) detach() {
	a := d.att
	if a == nil {
		return
	}
	d.att, d.prev = nil, a.done
	a.end()
}

// off ends what runs for the device, for good. The caller holds mu.
func (d *device) off(ev event, detail string, until time.Time) {
	d.detach()
	d.stopGrace()
	d.apply(ev, func(s *Snapshot) {
		s.Detail, s.Until = detail, until
		if s.Reason.final() {
			s.Desired = false
		}
	})
}

// touch begins the scan window anew. It needs no lock: a client that polls must not wait
// for whatever the device is doing.
func (d *device) touch() {
	now := time.Now()
	d.touched.Store(&now)
}

// window is when the scan window ends.
func (d *device) window() time.Time { return d.touched.Load().Add(d.m.Times().ScanWindow) }

func (d *device) windowOver(now time.Time) bool {
	return d.watchers == 0 && !now.Before(d.window())
}

// unlinked ends the current attempt and the link, after WhatsApp or we ended it. The
// credentials are forgotten as soon as the attempt that used them is gone, and before
// the next one dials. The caller holds mu and applies the event.
func (d *device) unlinked() {
	d.detach()
	jid := d.link
	if jid == "" {
		return
	}
	d.link = ""
	prev, tried := d.prev, make(chan struct{})
	d.prev = tried
	d.m.forget(jid, prev, tried)
}

// remove takes the device out of the registry after its row is gone. The caller holds mu.
func (d *device) remove() {
	if d.removed {
		return
	}
	d.removed = true
	d.record.end()
	d.detach()
	d.stopGrace()
	d.m.unlist(d)
	d.apply(eventDeleted, func(s *Snapshot) { s.Desired, s.Deleted = false, true })
}

// logStore reports a failed look into the store on a path that has nobody to answer to.
func (d *device) logStore(what string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	d.m.log.Error("storage", "what", what, "device", d.id, "err", err)
	if isStorage(err) {
		d.m.storage.suspect()
	}
}

func code(n int) string { return strconv.Itoa(n) }
