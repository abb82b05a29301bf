package files

import (
	"errors"
	"io/fs"
	"syscall"

	"wadah/models/engine"
)

// Classify finds the sentence for an error of the file system (engine.Classifier).
func Classify(err error) (why string, kind error) {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "the disk is full; free some space", engine.ErrStorage
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only; make it writable", engine.ErrStorage
	case errors.Is(err, syscall.ENOTDIR):
		return "a file is where a folder should be; choose another folder", engine.ErrStorage
	case errors.Is(err, fs.ErrNotExist):
		return "the folder does not exist; make it first", engine.ErrStorage
	case errors.Is(err, fs.ErrPermission):
		return "permission denied; give the user that runs Wadah access", engine.ErrStorage
	}
	return "", nil
}

// Denied reports whether err means that this process may not use a file or folder, or that
// its file system is read-only.
func Denied(err error) bool { return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) }
