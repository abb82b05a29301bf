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
	snap    atomic.Pointer[Snapshot]
	touched atomic.Pointer[time.Time] // when the scan window last began; never nil
	asking  chan struct{}             // holds who is asking for a phone code

	mu        sync.Mutex
	cur       Snapshot        // what snap holds, or will hold after the change under way
	link      string          // JID of the stored link; claimed before cur.Account shows it
	proxy     string          // URL; empty connects directly
	att       *attempt        // the current connection; nil when nothing runs
	prev      <-chan struct{} // closed when what ran before is gone: the next dial waits for it
	changed   chan struct{}   // closed at the next change; nil while nobody waits
	unlinking bool            // a log-out or delete is at work
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
	d.cur = Snapshot{
		ID: row.ID, Name: row.Name, Note: row.Note, Default: row.Default, Desired: row.Desired, CreatedAt: row.CreatedAt,
		State: StateOff, Reason: ReasonNeverStarted, Since: row.CreatedAt,
		Account: Account{JID: row.JID, Name: row.PushName, Platform: row.Platform},
	}
	switch row.OffReason {
	case "":
	case unlinkingMark:
		d.cur.Reason = ReasonStopped
	default:
		d.cur.Reason = Reason(row.OffReason)
	}
	if row.OffSince != nil {
		d.cur.Since = *row.OffSince
	}
	d.cur.Until = value(row.OffUntil)
	d.cur.LinkedAt = value(row.LinkedAt)
	d.cur.LastAlive = value(row.LastAliveAt)
	s := d.cur
	d.snap.Store(&s)
	return d
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// apply is the only place where a device's state changes. It looks ev up in the
// table, lets change fill in what belongs to the new state, and publishes. An
// event that means nothing in the present state changes nothing. The caller holds mu.
func (d *device) apply(ev event, change func(*Snapshot)) {
	t, ok := next(d.cur.State, ev)
	if !ok {
		d.m.log.Debug("event without meaning in this state", "device", d.id, "state", d.cur.State, "event", ev.String())
		return
	}
	before := d.cur
	s := d.cur
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
	if s.State != StateScan {
		s.QR, s.Phone = nil, nil
	}
	if s.Reason != ReasonPasskey {
		s.Passkey = nil
	}
	if s.State != before.State || s.Reason != before.Reason {
		d.m.journal.add(models.DeviceEvent{
			DeviceID: d.id, At: time.Now(), From: string(before.State), To: string(s.State), Reason: string(s.Reason), Detail: s.Detail,
		})
		d.m.log.Info("device", "device", d.id, "state", s.State, "reason", s.Reason, "detail", s.Detail)
	}
	d.set(s)
}

// set publishes s as the device's snapshot. The caller holds mu.
func (d *device) set(s Snapshot) {
	s.Rev = d.cur.Rev + 1
	d.cur = s
	d.snap.Store(&s)
	d.m.hub.publish(s)
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

// bringUp starts connecting from nothing. The caller holds mu.
func (d *device) bringUp() {
	d.fails, d.flaps, d.refreshed = 0, 0, false
	d.touch()
	if d.link == "" {
		d.apply(eventStart, nil)
	} else {
		d.apply(eventRestore, nil)
	}
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

// off ends what runs for the device, for good, and stores why. The caller holds mu.
func (d *device) off(ev event, detail string, until time.Time) {
	d.detach()
	d.stopGrace()
	d.apply(ev, func(s *Snapshot) {
		s.Detail, s.Until = detail, until
		if s.Reason.final() {
			s.Desired = false
		}
	})
	var end *time.Time
	if !until.IsZero() {
		end = &until
	}
	err := d.m.store.SetOff(d.m.ctx, d.id, string(d.cur.Reason), end, d.cur.Desired)
	d.logStore("store why a device is off", err)
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

// unlinked ends the current attempt and clears the stored link, after WhatsApp or we
// ended it. The credentials are forgotten as soon as the attempt that used them is
// gone, and before the next one dials. The caller holds mu and applies the event.
func (d *device) unlinked() {
	d.detach()
	jid := d.link
	if jid == "" {
		return
	}
	err := d.m.store.ClearLink(d.m.ctx, d.id)
	d.logStore("clear a link", err)
	d.link = ""
	d.cur.Account, d.cur.LinkedAt = Account{}, time.Time{}

	prev, forgotten := d.prev, make(chan struct{})
	d.prev = forgotten
	d.m.spawn("forget", func() {
		defer close(forgotten)
		if prev != nil {
			<-prev
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(d.m.ctx), stopLimit)
		defer cancel()
		if err := d.m.driver.Forget(ctx, jid); err != nil {
			d.m.log.Error("credentials of an ended link remain until the next start", "device", d.id, "err", err)
		}
	})
}

// remove takes the device out of the registry after its row is gone.
func (d *device) remove() {
	if d.removed {
		return
	}
	d.removed = true
	d.detach()
	d.stopGrace()
	d.m.forget(d)
	s := d.cur
	s.State, s.Reason, s.Detail, s.Until, s.NextTry = StateOff, ReasonStopped, "", time.Time{}, time.Time{}
	s.QR, s.Phone, s.Passkey, s.Desired, s.Retrying, s.Deleted = nil, nil, nil, false, false, true
	d.set(s)
}

// logStore reports a failed write on a path that has nobody to answer to.
func (d *device) logStore(what string, err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	d.m.log.Error("storage", "what", what, "device", d.id, "err", err)
}

func code(n int) string { return strconv.Itoa(n) }
