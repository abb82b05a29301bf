// Package engine is what a store asks of its database. Queries are written once, in
// package models, in the SQL that both databases speak; all that differs stands behind
// Engine, in models/sqlite and models/postgres.
package engine

import (
	"context"
	"database/sql"
	"slices"

	"gorm.io/gorm"

	"wadah/models/schema"
)

// Engine is an open database.
type Engine interface {
	// Dialect is the name by which the library of WhatsApp knows the database.
	Dialect() string
	// Version names the database and its version, such as "SQLite" and "3.50.4".
	Version(ctx context.Context) (name, version string, err error)
	// SQL is the pool that the library's store and our writes share.
	SQL() *sql.DB
	// Writes is GORM over that pool, Reads over one that only reads: a read does not queue
	// for a connection behind writers.
	Writes() *gorm.DB
	Reads() *gorm.DB
	// Durable is Writes for what nobody may see before it survives a power cut: a number
	// that a program has read must not be given to something else afterwards.
	Durable() *gorm.DB
	// Alone makes a transaction the only one of ours, until it ends.
	Alone(tx *gorm.DB) error
	// Own makes this process the only server on the database until Close; the error is an
	// ErrStorage that says so when another one is. What keeps a data folder for one server
	// suffices where the database is a file in it.
	Own(ctx context.Context) error
	// Settle makes what was committed before it was called survive a power cut.
	Settle(ctx context.Context) error
	// Scrub makes the bytes of what was deleted disappear, as far as the database can: SQLite
	// overwrites them and empties its log (ErrBusy when a reader keeps it from doing so),
	// PostgreSQL leaves them to its vacuum.
	Scrub(ctx context.Context) error
	// InPlace says, in microseconds, whether the database is still the one that was opened
	// and ours to write; otherwise the error is ErrReplaced.
	InPlace() error
	// Ready finds out, short of writing a row, whether writes can go on, and makes them go
	// on where that is in its power.
	Ready(ctx context.Context) error
	// Backup writes a consistent copy of the database to the file path, which must not
	// exist (ErrConflict).
	Backup(ctx context.Context, path string) error
	// Space measures what the database takes.
	Space(ctx context.Context) (Space, error)
	// Close closes all connections.
	Close() error
}

// Space is what a database takes, in bytes.
type Space struct {
	Database int64 // all of it, but its log
	Unused   int64 // of these, what the next rows will take; 0 where that is not known
	Log      int64 // its write-ahead log; 0 where that is not the database's alone
}

// Tables is the part of the store that an engine needs while it opens a database.
type Tables interface {
	// Open makes GORM for a dialect.
	Open(d gorm.Dialector) (*gorm.DB, error)
	// Stamp writes into a new database what recognises the server key.
	Stamp(ctx context.Context, db *gorm.DB) error
	// Check refuses a database that was made with another server key. Place names it.
	Check(ctx context.Context, db *gorm.DB, place string) error
}

// Make makes all tables in an empty database.
func Make(ctx context.Context, db *gorm.DB, t Tables) error {
	if err := Upgrade(ctx, db); err != nil {
		return err
	}
	return t.Stamp(ctx, db)
}

// Upgrade applies the steps of the schema that a database has not seen.
func Upgrade(ctx context.Context, db *gorm.DB) error { return schema.Apply(ctx, db, schema.Steps()) }

// Seen refuses a database with steps of the schema that this version does not know, and
// reports whether it has seen all that it knows. Place names the database.
func Seen(place string, steps []string) (current bool, err error) {
	known := schema.Names()
	for _, id := range steps {
		if !slices.Contains(known, id) {
			return false, Faultf(ErrNewerSchema, nil,
				"%s was written by a newer version of Wadah (it has the change %q); install that version or a later one", place, id)
		}
	}
	return len(steps) == len(known), nil
}
