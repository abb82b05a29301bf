package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockFile marks the data folder a server works on. Only the operating system's
// lock on it counts, not that it exists: after a crash nothing has to be cleaned up.
const lockFile = "wadah.lock"

// errLocked is what lockHandle answers when another process holds the lock.
var errLocked = errors.New("locked by another process")

// lockFolder makes this process the only server on dir until release is called.
// Commands that merely administer the folder do not take the lock.
func lockFolder(dir string) (release func() error, err error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be locked: %w", dir, err)
	}
	if err := lockHandle(f); err != nil {
		_ = f.Close() // nothing was written to it
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("another Wadah server is running on the data folder %s: stop it first, or choose another folder with --data", dir)
		}
		return nil, fmt.Errorf("the data folder %s cannot be locked: %w", dir, err)
	}
	return f.Close, nil // closing the file releases the lock
}
