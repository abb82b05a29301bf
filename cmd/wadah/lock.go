package main

import (
	"errors"
	"fmt"

	"wadah/models/files"
)

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
