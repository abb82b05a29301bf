package main

import (
	"time"

	"wadah/session"
)

// lifeFlags are the times and limits of device life.
type lifeFlags struct {
	DialsPerSecond int           `help:"Connections to WhatsApp that may begin in a second, of all devices together; 0 for any number." default:"100" placeholder:"N"`
	DialsAtOnce    int           `help:"Connections to WhatsApp that may be in the making at the same time." default:"32" placeholder:"N"`
	ScanWindow     time.Duration `help:"How long QR codes are renewed after the last start, getQR or open page." default:"10m" placeholder:"TIME"`
	Grace          time.Duration `help:"How long WhatsApp may be out of reach before a device shows SERVICE_OFF." default:"2m" placeholder:"TIME"`
}

// config is what the manager runs with, or a sentence about the flag that is wrong.
func (f lifeFlags) config() (session.Config, error) {
	switch {
	case f.DialsPerSecond < 0 || f.DialsPerSecond > 10_000:
		return session.Config{}, usagef("--dials-per-second must be from 0 to 10000, not %d", f.DialsPerSecond)
	case f.DialsAtOnce < 1 || f.DialsAtOnce > 10_000:
		return session.Config{}, usagef("--dials-at-once must be from 1 to 10000, not %d", f.DialsAtOnce)
	case f.ScanWindow < time.Minute || f.ScanWindow > 24*time.Hour:
		return session.Config{}, usagef("--scan-window must be from 1m to 24h, not %v", f.ScanWindow)
	case f.Grace < 10*time.Second || f.Grace > time.Hour:
		return session.Config{}, usagef("--grace must be from 10s to 1h, not %v", f.Grace)
	}
	cfg := session.DefaultConfig()
	cfg.DialsPerSecond, cfg.DialsAtOnce = f.DialsPerSecond, f.DialsAtOnce
	cfg.ScanWindow, cfg.Grace = f.ScanWindow, f.Grace
	return cfg, nil
}
