package sqlite

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"
	"modernc.org/sqlite"

	"wadah/models/engine"
	"wadah/models/files"
)

// wrap is engine.Wrap for what SQLite and the file system report.
func wrap(ctx context.Context, doing string, err error) error {
	return engine.Wrap(ctx, doing, err, Classify, files.Classify)
}

// Translate gives constraint violations GORM's names.
func (d dialector) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case 1555, 2067: // primary key, unique
		return errors.Join(gorm.ErrDuplicatedKey, err)
	case 787: // foreign key
		return errors.Join(gorm.ErrForeignKeyViolated, err)
	}
	return err
}

// Denied reports whether SQLite could not open or write a file: SQLITE_PERM,
// SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_AUTH.
func Denied(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && slices.Contains([]int{3, 8, 14, 23}, e.Code()&0xff)
}

// Classify finds the sentinel and the sentence for an error of SQLite
// (https://www.sqlite.org/rescode.html); kind is nil for other errors.
func Classify(err error) (why string, kind error) {
	if errors.Is(err, engine.ErrReplaced) {
		return "the database file was deleted or replaced under the running program; put it back, or restart Wadah to use what is there now", engine.ErrStorage
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return "", nil
	}
	switch e.Code() {
	case 18, 20, 275, 1299, 3091: // SQLITE_TOOBIG, SQLITE_MISMATCH; SQLITE_CONSTRAINT_CHECK, _NOTNULL, _DATATYPE
		return "a value has no place in its column", engine.ErrRefused
	}
	switch e.Code() & 0xff { // the rest is detail
	case 13: // SQLITE_FULL
		return "the disk is full; free some space", engine.ErrStorage
	case 8: // SQLITE_READONLY
		return "the database or its folder is read-only; make it writable for the user that runs Wadah", engine.ErrStorage
	case 14, 3, 23: // SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH
		return "the database cannot be opened; check that the folder exists and may be written by the user that runs Wadah", engine.ErrStorage
	case 10: // SQLITE_IOERR
		return "the disk reports an error; check it, and its free space", engine.ErrStorage
	case 5, 6, 15: // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL
		return "another program holds the database; close it", engine.ErrStorage
	case 11: // SQLITE_CORRUPT
		return "the database is damaged; restore a backup", engine.ErrCorrupt
	case 26: // SQLITE_NOTADB
		return "the file is not a database; restore a backup", engine.ErrCorrupt
	}
	return "", nil
}
