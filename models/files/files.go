// Package files writes files that are complete or absent, whenever the program is killed,
// and that survive a power cut.
package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// WriteNew writes data under path so that the file is, at any instant, either
// absent or complete, and survives a power cut once this returns. The file is
// private (0600). When path exists it is left alone and the error is fs.ErrExist.
func WriteNew(path string, data []byte) error {
	sweepNew(path)
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return Publish(f.Name(), path)
}

// sweepNew removes what a killed WriteNew has left beside path.
func sweepNew(path string) {
	for name, info := range beginning(filepath.Dir(path), "."+filepath.Base(path)+".new-") {
		if time.Since(info.ModTime()) > workAge {
			_ = os.Remove(name) // it stays for the next time
		}
	}
}

// Publish gives the finished file temp its real name, unless that exists
// (fs.ErrExist), and makes the new name durable. The caller removes temp.
func Publish(temp, path string) error {
	err := os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without hard links: a rename is as complete, only the
		// check that nothing gets replaced is a moment older.
		if _, statErr := os.Lstat(path); statErr == nil {
			return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
		}
		err = os.Rename(temp, path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Sync makes the contents of a file durable.
func Sync(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there; names are journalled
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
