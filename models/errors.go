package models

import (
	"context"
	"errors"

	"wadah/models/engine"
	"wadah/models/files"
	"wadah/models/postgres"
	"wadah/models/rules"
	"wadah/models/sqlite"
)

// What can go wrong in storage. Every error of this package that is not an [*Invalid] or
// a context's error matches exactly one of these by errors.Is, and wraps what caused it:
// the text is for the log, never for a client.
var (
	ErrNotFound    = engine.ErrNotFound
	ErrConflict    = engine.ErrConflict
	ErrRefused     = engine.ErrRefused
	ErrBusy        = engine.ErrBusy
	ErrNewerSchema = engine.ErrNewerSchema
	ErrCorrupt     = engine.ErrCorrupt
	ErrWrongKey    = engine.ErrWrongKey
	ErrStorage     = engine.ErrStorage
	// ErrReplaced refines ErrStorage.
	ErrReplaced = engine.ErrReplaced
)

// Invalid says which value of the caller was refused, and why.
type Invalid = rules.Invalid

// CodeNameTaken is the code of an Invalid whose name another row has.
const CodeNameTaken = rules.CodeNameTaken

// Why is the sentence of an error of storage that says what to mend and names no path;
// "" for other errors.
func Why(err error) string { return engine.Why(err) }

func faultf(kind, cause error, format string, args ...any) error {
	return engine.Faultf(kind, cause, format, args...)
}

// wrap turns an error of the database or the file system into one of ours, with what was
// being done. Errors that already are ours, and context errors, keep their identity.
func wrap(ctx context.Context, doing string, err error) error {
	var inv *Invalid
	if errors.As(err, &inv) {
		return err
	}
	return engine.Wrap(ctx, doing, err, sqlite.Classify, postgres.Classify, files.Classify)
}

// IsDenied reports whether an error of storage means that this process may not use a file
// or folder, or that its file system is read-only.
func IsDenied(err error) bool { return files.Denied(err) || sqlite.Denied(err) }
