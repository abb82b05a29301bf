package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// workLock is the file in a work folder that its process holds locked.
	workLock = ".lock"
	// workAge is how old a work folder without a lock must be to count as left behind.
	workAge = time.Hour
)

// BackupPrefix begins the names of the folders in which backups are put together.
const BackupPrefix = ".wadah-backup-"

// WorkFolder makes a folder in dir, for nobody but its owner, in which something is put
// together; its name begins with prefix. It removes what processes that were killed have
// left there under that prefix. The caller calls remove when it is done.
func WorkFolder(dir, prefix string) (path string, remove func() error, err error) {
	sweepWork(dir, prefix)
	for {
		var lock *os.File
		path, lock, err = newWorkFolder(dir, prefix)
		if !errors.Is(err, ErrLocked) && !errors.Is(err, fs.ErrNotExist) || path == "" {
			if err != nil {
				return "", nil, err
			}
			return path, func() error {
				_ = lock.Close() // nothing was written to it
				return os.RemoveAll(path)
			}, nil
		}
		// Another process has taken the folder for one that was left, in the moment before
		// it was locked.
	}
}

// newWorkFolder makes a folder and locks it. After an error it is removed again; path is ""
// when it could not be made at all.
func newWorkFolder(dir, prefix string) (path string, lock *os.File, err error) {
	if path, err = os.MkdirTemp(dir, prefix+"*"); err != nil {
		return "", nil, err
	}
	name := filepath.Join(path, workLock)
	if lock, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		if err = lockHandle(lock); err == nil {
			_, err = os.Stat(name) // it was not removed before it was locked
		}
	}
	if err != nil {
		_ = lock.Close()
		_ = os.RemoveAll(path)
	}
	return path, lock, err
}

// sweepWork removes the work folders that nobody works in. What cannot be removed, or
// looked at, stays for the next time.
func sweepWork(dir, prefix string) {
	for path, info := range beginning(dir, prefix) {
		if info.IsDir() {
			removeLeft(path, info)
		}
	}
}

// beginning are the things in dir whose names begin with prefix.
func beginning(dir, prefix string) map[string]fs.FileInfo {
	found := make(map[string]fs.FileInfo)
	entries, _ := os.ReadDir(dir) // what cannot be read holds nothing to remove
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), prefix) {
			found[filepath.Join(dir, e.Name())] = info
		}
	}
	return found
}

// removeLeft removes a work folder whose process has ended. It is locked meanwhile, so that
// no process begins to work in it.
func removeLeft(path string, info fs.FileInfo) {
	lock, err := os.OpenFile(filepath.Join(path, workLock), os.O_RDWR, 0)
	if err != nil {
		// Not locked yet, or made by a version that did not lock.
		if errors.Is(err, fs.ErrNotExist) && time.Since(info.ModTime()) > workAge {
			_ = os.RemoveAll(path)
		}
		return
	}
	if lockHandle(lock) != nil {
		_ = lock.Close()
		return
	}
	err = os.RemoveAll(path)
	_ = lock.Close()
	if err != nil { // some systems remove no file that is open
		_ = os.RemoveAll(path)
	}
}
