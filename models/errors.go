package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"gorm.io/gorm"
)

// What can go wrong in storage. Every error of this package that is not an
// [*Invalid] or a context's error matches exactly one of these by errors.Is, and
// wraps what caused it: the text is for the log, never for a client.
var (
	// ErrNotFound: there is no such row. For keys and sign-ins it also stands for
	// every other refusal, so that a caller cannot tell them apart.
	ErrNotFound = errors.New("not found")
	// ErrConflict: another row holds what was asked for.
	ErrConflict = errors.New("conflict")
	// ErrBusy: too many wait for the same; later it works.
	ErrBusy = errors.New("busy")
	// ErrNewerSchema: a newer version of Wadah has written this database.
	ErrNewerSchema = errors.New("the database was written by a newer version of Wadah")
	// ErrWrongKey: the server key is missing, malformed or belongs to another database.
	ErrWrongKey = errors.New("the server key does not fit this database")
	// ErrCorrupt: the database file is damaged, incomplete or not Wadah's.
	ErrCorrupt = errors.New("the database is damaged")
	// ErrStorage: the disk is full, read-only or failing, or the file is held by
	// another program.
	ErrStorage = errors.New("the storage cannot be used")
)

// Invalid says which value of the caller was refused, and why. Code is
// machine-readable (front ends translate by it); Message is an English sentence.
// With the code "name_taken" it matches ErrConflict too.
type Invalid struct {
	Field   string // "name", "password", …
	Code    string // "name_required", "password_too_short", …
	Message string
}

// Error returns the sentence.
func (e *Invalid) Error() string { return e.Message }

// Is makes a taken name a conflict.
func (e *Invalid) Is(target error) bool {
	return target == ErrConflict && e.Code == CodeNameTaken
}

// CodeNameTaken is the code of an Invalid whose name another row has.
const CodeNameTaken = "name_taken"

func invalid(field, code, message string) *Invalid {
	return &Invalid{Field: field, Code: code, Message: message}
}

// fault is a sentinel with a sentence that says what to mend, and its cause.
type fault struct {
	kind  error
	text  string
	why   string // the part of text that tells a stranger nothing about this machine
	cause error
}

// Why is the sentence of an error of storage that says what to mend and names no path;
// "" for other errors.
func Why(err error) string {
	var f *fault
	if errors.As(err, &f) {
		return f.why
	}
	return ""
}

func (f *fault) Error() string {
	if f.cause == nil {
		return f.text
	}
	return f.text + ": " + f.cause.Error()
}

func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

func faultf(kind, cause error, format string, args ...any) error {
	return &fault{kind: kind, text: fmt.Sprintf(format, args...), cause: cause}
}

// wrap turns an error of the database or the file system into one of ours, with
// what was being done. Errors that already are ours, and context errors, keep
// their identity.
func wrap(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case isOurs(err):
		return err
	case ctx.Err() != nil:
		// The driver reports an interrupted statement in its own words.
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	}
	why, kind := classify(err)
	return &fault{kind: kind, text: doing + ": " + why, why: why, cause: err}
}

func isOurs(err error) bool {
	var inv *Invalid
	var f *fault
	return errors.As(err, &inv) || errors.As(err, &f)
}

// IsDenied reports whether an error of storage means that this process may not use a file
// or folder, or that its file system is read-only.
func IsDenied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || sqliteDenied(err)
}

// classify finds the sentinel for a foreign error, and the sentence for it.
func classify(err error) (why string, kind error) {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "there is no such row", ErrNotFound
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return "another row has this value", ErrConflict
	}
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return "what it belongs to does not exist", ErrNotFound
	}
	if why, kind := classifySQLite(err); kind != nil {
		return why, kind
	}
	switch {
	case errors.Is(err, ErrReplaced):
		return "the database file was deleted or replaced under the running program; put it back, or restart Wadah to use what is there now", ErrStorage
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "the disk is full; free some space", ErrStorage
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only; make it writable", ErrStorage
	case errors.Is(err, syscall.ENOTDIR):
		return "a file is where a folder should be; choose another folder", ErrStorage
	case errors.Is(err, fs.ErrNotExist):
		return "the folder does not exist; make it first", ErrStorage
	case errors.Is(err, fs.ErrPermission):
		return "permission denied; give the user that runs Wadah access", ErrStorage
	}
	return "the storage failed", ErrStorage
}
