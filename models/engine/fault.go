package engine

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// What can go wrong in storage. Every error of package models that is not an Invalid or
// a context's error matches exactly one of these by errors.Is, and wraps what caused it:
// the text is for the log, never for a client.
var (
	// ErrNotFound: there is no such row. For keys and sign-ins it also stands for
	// every other refusal, so that a caller cannot tell them apart.
	ErrNotFound = errors.New("not found")
	// ErrConflict: another row holds what was asked for.
	ErrConflict = errors.New("conflict")
	// ErrRefused: the database does not take a value: one that is too large, or missing.
	ErrRefused = errors.New("the database does not take this")
	// ErrBusy: too many wait for the same; later it works.
	ErrBusy = errors.New("busy")
	// ErrNewerSchema: a newer version of Wadah has written this database.
	ErrNewerSchema = errors.New("the database was written by a newer version of Wadah")
	// ErrCorrupt: the database is damaged, incomplete or not Wadah's.
	ErrCorrupt = errors.New("the database is damaged")
	// ErrWrongKey: the server key is missing, malformed or belongs to another database.
	ErrWrongKey = errors.New("the server key does not fit this database")
	// ErrStorage: the disk is full, read-only or failing, or the database cannot be reached
	// or is held by another program.
	ErrStorage = errors.New("the storage cannot be used")
	// ErrReplaced refines ErrStorage: the database is not the one that was opened, or not
	// ours any more. What would be stored then, nobody would find again.
	ErrReplaced = errors.New("the database is not the one that was opened")
)

// fault is one of these errors with a sentence that says what to mend, and its cause.
type fault struct {
	kind  error
	text  string
	why   string // the part of text that tells a stranger nothing about this machine
	cause error
}

// Faultf makes a fault of a kind.
func Faultf(kind, cause error, format string, args ...any) error {
	return &fault{kind: kind, text: fmt.Sprintf(format, args...), cause: cause}
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

// Error is the sentence, and the cause behind it.
func (f *fault) Error() string {
	if f.cause == nil {
		return f.text
	}
	return f.text + ": " + f.cause.Error()
}

// Unwrap gives the kind and the cause.
func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

// Classifier finds the kind of a foreign error, and the sentence for it; kind is nil for
// errors it does not know.
type Classifier func(err error) (why string, kind error)

// Wrap turns an error of the database or the file system into a fault, with what was
// being done. Faults and context errors keep their identity.
func Wrap(ctx context.Context, doing string, err error, classify ...Classifier) error {
	var f *fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return err
	case ctx.Err() != nil:
		// The driver reports an interrupted statement in its own words.
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	why, kind := known(err, classify)
	switch {
	case kind != nil:
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", doing, err)
	default:
		why, kind = Classify(err)
	}
	return &fault{kind: kind, text: doing + ": " + why, why: why, cause: err}
}

// Classify finds the kind of a foreign error, and the sentence for it.
func Classify(err error, by ...Classifier) (why string, kind error) {
	if why, kind = known(err, by); kind == nil {
		return "the storage failed", ErrStorage
	}
	return why, kind
}

// known is Classify for errors that one of the classifiers knows; kind is nil for others.
func known(err error, by []Classifier) (why string, kind error) {
	for _, c := range append([]Classifier{byGORM}, by...) {
		if why, kind = c(err); kind != nil {
			return why, kind
		}
	}
	return "", nil
}

// byGORM knows the errors that dialects translate into GORM's.
func byGORM(err error) (why string, kind error) {
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return "there is no such row", ErrNotFound
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return "another row has this value", ErrConflict
	case errors.Is(err, gorm.ErrForeignKeyViolated):
		return "what it belongs to does not exist", ErrNotFound
	}
	return "", nil
}
