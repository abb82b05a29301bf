package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wadah/models"
)

// Bounds of the times that may be set.
const (
	MinScanWindow = time.Minute
	MaxScanWindow = 24 * time.Hour
	MinGrace      = 10 * time.Second
	MaxGrace      = time.Hour
)

// Errors of Times.Check and SetTimes.
var (
	ErrScanWindow = errors.New("the scan window must be from 1 minute to 24 hours")
	ErrGrace      = errors.New("the grace time must be from 10 seconds to 1 hour")
	ErrTimeFixed  = errors.New("this time was given when the program started and stays as it is")
)

// Times are the times of device life that can be set while the program runs.
type Times struct {
	ScanWindow time.Duration // how long QR codes are renewed after the last start, request or watching browser
	Grace      time.Duration // how long unreachable before a device shows SERVICE_OFF/network
}

// Check reports what is out of bounds: ErrScanWindow, ErrGrace, or both joined.
func (t Times) Check() error {
	var window, grace error
	if t.ScanWindow < MinScanWindow || t.ScanWindow > MaxScanWindow {
		window = ErrScanWindow
	}
	if t.Grace < MinGrace || t.Grace > MaxGrace {
		grace = ErrGrace
	}
	return errors.Join(window, grace)
}

// FixedTimes says which of Times were given when the program started: what is stored
// does not count then, and SetTimes refuses to change them.
type FixedTimes struct{ ScanWindow, Grace bool }

// The names of the settings that remember Times, as durations such as "10m0s".
const (
	scanWindowSetting = "scan_window"
	graceSetting      = "grace"
)

// Times are the times in force.
func (m *Manager) Times() Times { return *m.times.Load() }

// FixedTimes says which of Times cannot be set.
func (m *Manager) FixedTimes() FixedTimes { return m.cfg.Fixed }

// SetTimes stores the times and puts them in force, for what is under way as well: a
// scan window and a grace time count from when they began. A device that already shows
// SERVICE_OFF/network goes on doing so until it gets through. Errors: ErrScanWindow,
// ErrGrace, ErrTimeFixed, models errors.
func (m *Manager) SetTimes(ctx context.Context, t Times) error {
	if err := t.Check(); err != nil {
		return err
	}
	m.timesMu.Lock() // so that what is stored last is in force
	defer m.timesMu.Unlock()
	old := m.Times()
	if m.cfg.Fixed.ScanWindow && t.ScanWindow != old.ScanWindow || m.cfg.Fixed.Grace && t.Grace != old.Grace {
		return ErrTimeFixed
	}
	for name, changed := range map[string]struct{ from, to time.Duration }{
		scanWindowSetting: {old.ScanWindow, t.ScanWindow}, graceSetting: {old.Grace, t.Grace},
	} {
		if changed.from == changed.to {
			continue
		}
		if err := m.store.SetSetting(ctx, name, changed.to.String()); err != nil {
			return err
		}
	}
	m.times.Store(&t)
	for _, d := range m.all() {
		d.retime()
	}
	return nil
}

// retime lets changed times count for what is under way.
func (d *device) retime() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.grace != nil {
		d.grace.reset(d.m.Times().Grace)
	}
	if a := d.att; a != nil && d.shown().State == StateScan {
		a.show()
	}
}

// restoreTimes takes up the times that were set in an earlier run.
func (m *Manager) restoreTimes(ctx context.Context) error {
	t := m.Times()
	for _, s := range []struct {
		name  string
		fixed bool
		value *time.Duration
	}{
		{scanWindowSetting, m.cfg.Fixed.ScanWindow, &t.ScanWindow}, {graceSetting, m.cfg.Fixed.Grace, &t.Grace},
	} {
		if s.fixed {
			continue
		}
		if err := m.restoreTime(ctx, s.name, s.value); err != nil {
			return err
		}
	}
	m.times.Store(&t)
	return nil
}

// restoreTime reads one time; what was never set or is unusable leaves value as it is.
func (m *Manager) restoreTime(ctx context.Context, name string, value *time.Duration) error {
	text, err := m.store.Setting(ctx, name)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the stored %s: %w", name, err)
	}
	switch parsed, err := time.ParseDuration(text); {
	case err == nil && parsed > 0:
		*value = parsed
	default:
		m.log.Warn("a stored time is unusable and is ignored", "setting", name, "value", text)
	}
	return nil
}

// graceTimer counts how long WhatsApp has been out of a device's reach.
type graceTimer struct {
	since time.Time
	timer *time.Timer
	over  bool // it has run out; guarded by the device's mu
}

// reset lets the time run out after limit, counted from the beginning.
func (g *graceTimer) reset(limit time.Duration) {
	if !g.over {
		g.timer.Reset(max(0, time.Until(g.since.Add(limit))))
	}
}
