package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"wadah/models/engine"
	"wadah/models/files"
)

// Backup writes a consistent copy of the whole database to path while everything
// goes on. The file appears only when it is complete and safe on the disk; when
// path exists nothing is touched and the error is ErrConflict. The copy holds
// secrets sealed under the server key, which it does not contain.
func (e *Engine) Backup(ctx context.Context, path string) error {
	doing := "cannot write the backup " + path
	path, err := filepath.Abs(path)
	if err != nil {
		return engine.Faultf(engine.ErrStorage, err, "%s", doing)
	}
	if _, err := os.Lstat(path); err == nil {
		return errBackupExists(path)
	}
	// In the same folder, so that the last step is a rename.
	work, remove, err := files.WorkFolder(filepath.Dir(path), files.BackupPrefix)
	if err != nil {
		return wrap(ctx, doing, err)
	}
	defer func() { _ = remove() }() // what stays the next one sweeps
	copied := filepath.Join(work, filepath.Base(path))
	if err := e.vacuumInto(ctx, copied); err != nil {
		return wrap(ctx, doing, err)
	}
	err = os.Chmod(copied, 0o600)
	if err == nil {
		err = files.Sync(copied)
	}
	if err == nil {
		err = files.Publish(copied, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return errBackupExists(path)
	}
	return wrap(ctx, doing, err)
}

func errBackupExists(path string) error {
	return engine.Faultf(engine.ErrConflict, nil, "%s exists; choose another name or move it away", path)
}

// vacuumInto copies the database through a connection of its own, so that the
// minutes this may take hold up nobody in the pools.
func (e *Engine) vacuumInto(ctx context.Context, path string) error {
	db, err := openPlain(ctx, e.place, 1, writeSettings)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}
