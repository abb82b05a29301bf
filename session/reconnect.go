package session

import "time"

// lost handles the end of the current connection that may be made again: the
// caller holds mu and has checked that it is the current one.
func (d *device) lost(a *attempt, detail string) {
	now := time.Now()
	switch {
	case d.unlinking:
		d.detach()
		d.apply(eventStop, func(s *Snapshot) { s.Desired = false })
	case a.linked:
		// WhatsApp closes the linking connection; the first login follows at once.
		d.begin(0, false)
	case !a.upAt.IsZero():
		d.interrupted(a, detail, now)
	default:
		d.failed(a, detail)
	}
}

// interrupted handles the end of a connection that had got through (online, or
// showing codes). Its delay is not cut short by others' success: a connection that
// breaks again and again is this device's own trouble.
func (d *device) interrupted(a *attempt, detail string, now time.Time) {
	before, delay := d.count(a), time.Duration(0)
	if d.link != "" || before > 0 {
		delay = backoffDelay(before)
	}
	if d.link == "" {
		if d.windowOver(now) {
			d.off(eventNotScanned, "", time.Time{})
			return
		}
		d.apply(eventCodesOver, func(s *Snapshot) { s.NextTry = nextTry(delay) })
	} else {
		d.apply(eventLost, func(s *Snapshot) { s.Detail, s.NextTry = detail, nextTry(delay) })
	}
	d.startGrace()
	d.begin(delay, false)
}

// failed handles a connection that did not get through.
func (d *device) failed(a *attempt, detail string) {
	d.m.gov.failed()
	delay := backoffDelay(d.count(a))
	d.apply(eventLost, func(s *Snapshot) {
		s.NextTry = nextTry(delay)
		if s.State != StateOff {
			s.Detail = detail // the detail of an off device belongs to its reason
		}
	})
	d.startGrace()
	d.begin(delay, true)
}

// pause shows why nothing can be done for the device now, and tries again after delay.
func (d *device) pause(ev event, detail string, delay time.Duration) {
	d.stopGrace()
	d.apply(ev, func(s *Snapshot) { s.Detail, s.Retrying, s.NextTry = detail, true, nextTry(delay) })
	d.begin(delay, false)
}

// count notes that an attempt came to nothing, and returns how many before it did in a
// row: connections that never got through, or that were lost before they were stable.
func (d *device) count(a *attempt) (before int) {
	if a.upAt.IsZero() {
		before = max(d.fails, d.flaps-1)
		d.fails++
		return before
	}
	if time.Since(a.upAt) >= stableAfter {
		d.flaps = 0
	}
	before = d.flaps
	d.flaps++
	return before
}

// toldToWait says whether the device waits because WhatsApp wants fewer requests: the
// one wait that no impatience cuts short.
func (d *device) toldToWait() bool {
	s := d.shown()
	return s.Reason == ReasonRejected && s.Detail == code(codeTooMany)
}

// nextTry is the end of a delay that begins now; zero when there is none.
func nextTry(delay time.Duration) time.Time {
	if delay <= 0 {
		return time.Time{}
	}
	return time.Now().Add(delay)
}

// through notes that a connection got through to WhatsApp.
func (d *device) through(a *attempt) {
	a.stopDeadline()
	if a.upAt.IsZero() {
		a.upAt = time.Now()
	}
	d.fails, d.refreshed = 0, false
	d.stopGrace()
	d.m.gov.succeeded(a.dialTime())
}

// startGrace starts counting how long WhatsApp has been out of reach, unless it is
// counted already.
func (d *device) startGrace() {
	if d.grace != nil {
		return
	}
	g := &graceTimer{since: time.Now()}
	g.timer = time.AfterFunc(d.m.Times().Grace, func() {
		defer d.m.survive("grace")
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.grace != g {
			return
		}
		g.over = true
		now := d.shown()
		waits := now.State == StatePairing && now.Reason != ReasonPasskey || now.State == StateOff && now.Retrying
		if d.att == nil || !waits {
			return
		}
		d.apply(eventGrace, func(s *Snapshot) { s.Retrying, s.NextTry = true, now.NextTry })
	})
	d.grace = g
}

func (d *device) stopGrace() {
	if d.grace != nil {
		d.grace.timer.Stop()
		d.grace = nil
	}
}
