package main

import (
	"errors"
	"fmt"
	"log/slog"

	"wadah/handlers/limit"
	"wadah/models/files"
)

// What is taken of the files that the system lets the process have open, beside one for
// each device and each connection.
const (
	// ownFiles are the database's, which may have 72 connections of two files each when
	// much waits to be written, and some dozens of everything else: log, listeners, look-ups
	// of names, connections to WhatsApp that are on their way.
	ownFiles = 250
	// fewConnections is what people and programs need at least.
	fewConnections = 250
)

// shareFiles sees to it that connections leave enough of the open files the system allows
// for the database and the devices, and warns when that is too few for all of them. Most
// is 0 where the system has no such limit.
func shareFiles(limits *limit.Limits, most int, log *slog.Logger) {
	if most <= 0 {
		return
	}
	devices := limits.MaxDevices
	if devices == 0 { // any number
		devices = (most - ownFiles) / 2
	}
	room := most - ownFiles - devices
	if room < fewConnections {
		log.Warn("the system's limit of open files is too low for that many devices",
			"limit", most, "max_devices", limits.MaxDevices, "needed", ownFiles+devices+fewConnections,
			"mend", "raise it (systemd: LimitNOFILE, Docker: ulimits nofile, shell: ulimit -n), or lower --max-devices")
		room = max(most/4, 1)
	}
	if limits.Connections <= 0 || limits.Connections > room {
		limits.Connections = room
	}
	limits.AddressConnections = min(limits.AddressConnections, max(limits.Connections/2, 1))
}

// lockFolder makes this process the only server on dir until release is called.
func lockFolder(dir string) (release func() error, err error) {
	release, err = files.LockFolder(dir)
	switch {
	case errors.Is(err, files.ErrLocked):
		return nil, fmt.Errorf("another Wadah server is running on the data folder %s: stop it first, or choose another folder with --data", dir)
	case noLocks(err):
		return nil, fmt.Errorf("the data folder %s cannot be locked: its file system has no locks, as some network drives; choose a folder on a disk of this machine with --data", dir)
	case err != nil:
		return nil, explained(fmt.Errorf("the data folder %s cannot be locked: %w", dir, err), dir)
	}
	return release, nil
}
