package files

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// LockFile is the file in a data folder that its server holds locked. Only the operating
// system's lock counts, not that the file exists: a crash leaves nothing to clean up.
const LockFile = "wadah.lock"

// ErrLocked is what LockFolder answers when another process holds the lock.
var ErrLocked = errors.New("locked by another process")

// LockFolder makes this process the only server on a data folder until release is
// called. It locks the folder itself as well as a file in it: a file can be deleted
// while it is locked, which would let a second server in. Commands that merely
// administer the folder take no lock.
func LockFolder(dir string) (release func() error, err error) {
	folder, err := lockFolderItself(dir)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, LockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = lockHandle(file)
	}
	release = func() error { // closing releases
		err := file.Close()
		if folder != nil {
			err = errors.Join(err, folder.Close())
		}
		return err
	}
	if err != nil {
		_ = release() // nothing was written
		return nil, err
	}
	return release, nil
}

// lockFolderItself locks the folder where its file system can do that: on Windows a
// folder cannot be locked, and an open file not deleted; some network file systems lock
// files alone.
func lockFolderItself(dir string) (*os.File, error) {
	if runtime.GOOS == "windows" {
		return nil, nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lockHandle(folder); errors.Is(err, ErrLocked) {
		_ = folder.Close() // nothing was written
		return nil, err
	}
	return folder, nil
}
