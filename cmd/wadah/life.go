package main

import (
	"errors"
	"time"

	"wadah/session"
)

// lifeFlags are the times and limits of device life. The two times are nil when nobody
// gave them: the settings of the panel count then.
type lifeFlags struct {
	DialsPerSecond int            `help:"Connections to WhatsApp that may begin in a second, of all devices together; 0 for any number." default:"100" placeholder:"N"`
	DialsAtOnce    int            `help:"Connections to WhatsApp that may be at work at the same time; one that waits for a slow line is not." default:"32" placeholder:"N"`
	SendRate       int            `help:"Messages a minute that each device sends, after 20 at once; what is over that waits. 0 for any number." default:"60" placeholder:"N"`
	ScanWindow     *time.Duration `help:"How long QR codes are renewed after the last start, getQR or open page. Without it, what the panel's settings say: 10m at first." placeholder:"TIME"`
	Grace          *time.Duration `help:"How long WhatsApp may be out of reach before a device shows SERVICE_OFF. Without it, what the panel's settings say: 2m at first." placeholder:"TIME"`
}

// config is what the manager runs with, or a sentence about the flag that is wrong.
func (f lifeFlags) config() (session.Config, error) {
	switch {
	case f.DialsPerSecond < 0 || f.DialsPerSecond > 10_000:
		return session.Config{}, usagef("--dials-per-second must be from 0 to 10000, not %d", f.DialsPerSecond)
	case f.DialsAtOnce < 1 || f.DialsAtOnce > 10_000:
		return session.Config{}, usagef("--dials-at-once must be from 1 to 10000, not %d", f.DialsAtOnce)
	case f.SendRate < 0 || f.SendRate > 6000:
		return session.Config{}, usagef("--send-rate must be from 0 (any number) to 6000 a minute, not %d", f.SendRate)
	}
	cfg := session.DefaultConfig()
	cfg.DialsPerSecond, cfg.DialsAtOnce = f.DialsPerSecond, f.DialsAtOnce
	cfg.Pace.PerMinute = f.SendRate
	if f.ScanWindow != nil {
		cfg.ScanWindow, cfg.Fixed.ScanWindow = *f.ScanWindow, true
	}
	if f.Grace != nil {
		cfg.Grace, cfg.Fixed.Grace = *f.Grace, true
	}
	err := cfg.Check()
	switch {
	case errors.Is(err, session.ErrScanWindow):
		return session.Config{}, usagef("--scan-window: %v, not %v", session.ErrScanWindow, cfg.ScanWindow)
	case errors.Is(err, session.ErrGrace):
		return session.Config{}, usagef("--grace: %v, not %v", session.ErrGrace, cfg.Grace)
	}
	return cfg, err
}
