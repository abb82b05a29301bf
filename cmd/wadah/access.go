package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"wadah/models"
	"wadah/models/files"
)

// explained adds to an error that came of using the data folder dir whose it is, as which
// user we run and what mends that, when we may not use it or what is in it.
func explained(err error, dir string) error {
	if !models.IsDenied(err) {
		return err
	}
	var paths []string
	for _, name := range append(models.DatabaseFiles(), models.ServerKeyFile, files.LockFile) {
		paths = append(paths, filepath.Join(dir, name))
	}
	why := obstacle(dir, paths...)
	if why == "" {
		why = runsAs()
	}
	return fmt.Errorf("%w. %s; or choose another folder with --data", err, why)
}

// cannotWrite is explained for a file that belongs elsewhere.
func cannotWrite(err error, dir string) error {
	if !models.IsDenied(err) {
		return err
	}
	return fmt.Errorf("%w. %s; name a file in a folder where that user may write", err, standing(dir))
}

// noLocks reports whether a file system has refused to lock at all.
func noLocks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}
