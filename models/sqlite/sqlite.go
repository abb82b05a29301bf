// Package sqlite is all that is special about SQLite: one file in the data folder.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gorm.io/gorm"

	"wadah/models/engine"
	"wadah/models/files"
)

// Engine is an open database file; see engine.Engine.
type Engine struct {
	place   *place
	pool    *sql.DB // shared with the library's store
	durable *sql.DB // for what survives a power cut before it is seen
	reads   *sql.DB // for our reads
	keeper  *sql.DB // one connection that stays open; see keep
	db      *gorm.DB
	safe    *gorm.DB // over durable
	rd      *gorm.DB
}

var _ engine.Engine = (*Engine)(nil)

// Open opens the database file, makes it when it does not exist, checks it when it does,
// and brings its schema up to date. Nothing is changed in a file that is refused.
func Open(ctx context.Context, path string, t engine.Tables) (*Engine, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, engine.Faultf(engine.ErrStorage, err, "the database path %s cannot be resolved", path)
	}
	path = absolute
	seen, err := inspect(ctx, path)
	if err != nil {
		return nil, err
	}
	if !seen.exists {
		if err := create(ctx, path, t); err != nil {
			return nil, err
		}
		if seen, err = inspect(ctx, path); err != nil {
			return nil, err
		}
	}
	current, err := engine.Seen(path, seen.migrations)
	if err != nil {
		return nil, err
	}
	e, err := connect(ctx, path, t)
	if err != nil {
		return nil, wrap(ctx, "cannot open "+path, err)
	}
	if err := e.prepare(ctx, t, current); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// connect opens all pools.
func connect(ctx context.Context, path string, t engine.Tables) (e *Engine, err error) {
	e = &Engine{place: &place{path: path}}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.pool, e.durable, err = openWriters(ctx, e.place); err != nil {
		return nil, err
	}
	if e.reads, err = openPlain(ctx, e.place, readConns, readSettings); err != nil {
		return nil, err
	}
	if e.db, err = t.Open(dialectOf(e.pool)); err != nil {
		return nil, err
	}
	if e.safe, err = t.Open(dialectOf(e.durable)); err != nil {
		return nil, err
	}
	e.rd, err = t.Open(dialectOf(e.reads))
	return e, err
}

// prepare checks the server key, brings the schema up to date and remembers the files.
func (e *Engine) prepare(ctx context.Context, t engine.Tables, current bool) error {
	path := e.place.path
	if err := t.Check(ctx, e.rd, path); err != nil {
		return err
	}
	if !current {
		if err := engine.Upgrade(ctx, e.db); err != nil {
			return wrap(ctx, "cannot bring "+path+" up to date", err)
		}
	}
	return wrap(ctx, "cannot open "+path, e.keep(ctx))
}

// create makes a new database under another name and gives it its own only when it is
// complete: a database exists or it does not, whenever the program is killed, and a file
// without content is never ours.
func create(ctx context.Context, path string, t engine.Tables) error {
	dir := filepath.Dir(path)
	doing := "cannot make " + path
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wrap(ctx, doing, err)
	}
	work, remove, err := files.WorkFolder(dir, ".wadah-new-")
	if err != nil {
		return wrap(ctx, doing, err)
	}
	defer func() { _ = remove() }() // what stays the next one sweeps
	made := filepath.Join(work, filepath.Base(path))
	if err := os.WriteFile(made, nil, 0o600); err != nil {
		return wrap(ctx, doing, err)
	}
	fresh, err := connect(ctx, made, t)
	if err != nil {
		return wrap(ctx, doing, err)
	}
	err = engine.Make(ctx, fresh.db, t)
	// Closing the last connection writes the log into the file.
	if err = errors.Join(err, fresh.Close()); err == nil {
		err = files.Sync(made)
	}
	if err != nil {
		return wrap(ctx, doing, err)
	}
	if err := files.Publish(made, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return wrap(ctx, doing, err)
	}
	return nil // also when another process was first: its database is the database
}

// Dialect is SQLite's.
func (e *Engine) Dialect() string { return "sqlite3" }

// SQL is the pool that the library's store shares.
func (e *Engine) SQL() *sql.DB { return e.pool }

// Writes is GORM over the shared pool.
func (e *Engine) Writes() *gorm.DB { return e.db }

// Durable is GORM over a pool whose commits survive a power cut before anybody sees them.
func (e *Engine) Durable() *gorm.DB { return e.safe }

// Reads is GORM over a pool that only reads.
func (e *Engine) Reads() *gorm.DB { return e.rd }

// Version is that of the engine in the program.
func (e *Engine) Version(ctx context.Context) (name, version string, err error) {
	err = e.reads.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return "SQLite", version, wrap(ctx, "ask for the version of SQLite", err)
}

// Alone has nothing to do: SQLite has one writer at a time, from a transaction's beginning.
func (e *Engine) Alone(*gorm.DB) error { return nil }

// Own has nothing to do: the lock of the data folder keeps the file, too.
func (e *Engine) Own(context.Context) error { return nil }

// Settle syncs the log. SQLite's log is synced as a whole, so the library's rows from
// before are safe as well. Ordinary commits reach the disk at the next checkpoint, in
// order.
func (e *Engine) Settle(ctx context.Context) error {
	err := files.Sync(e.place.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has been written into the database, which is synced
	}
	return wrap(ctx, "sync the database", err)
}

// Scrub writes the log into the database and empties it. What was deleted is overwritten
// there (secure_delete), and nothing of it is left in the log.
func (e *Engine) Scrub(ctx context.Context) error {
	const doing = "empty the database's log"
	var busy, frames, moved int
	if err := e.pool.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
		return wrap(ctx, doing, err)
	}
	if busy != 0 {
		return engine.Faultf(engine.ErrBusy, nil, "%s: it is being read", doing)
	}
	return nil
}

// Close closes all connections.
func (e *Engine) Close() error {
	var err error
	// Readers first: the last connection to close writes the log into the database, which
	// a read-only one cannot.
	for _, pool := range []*sql.DB{e.reads, e.keeper, e.durable, e.pool} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}
