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
	if path, err = os.MkdirTemp(dir, prefix+"*"); err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, workLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = lockHandle(lock)
	}
	remove = func() error {
		if lock != nil {
			_ = lock.Close() // nothing was written to it
		}
		return os.RemoveAll(path)
	}
	if err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return path, remove, nil
}

// sweepWork removes the work folders that nobody works in. What cannot be removed, or
// looked at, stays for the next time.
func sweepWork(dir, prefix string) {
	for path, info := range beginning(dir, prefix) {
		if info.IsDir() && isLeft(path, info) {
			_ = os.RemoveAll(path)
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

// isLeft reports whether the process that made a work folder has ended.
func isLeft(path string, info fs.FileInfo) bool {
	lock, err := os.OpenFile(filepath.Join(path, workLock), os.O_RDWR, 0)
	if err != nil {
		// Not locked yet, or made by a version that did not lock.
		return errors.Is(err, fs.ErrNotExist) && time.Since(info.ModTime()) > workAge
	}
	defer lock.Close()
	return lockHandle(lock) == nil
}
