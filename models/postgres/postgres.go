// Package postgres is all that is special about PostgreSQL: one schema in one database,
// reached by a URL.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"wadah/models/engine"
	"wadah/models/schema"
)

// Engine is an open database; see engine.Engine.
type Engine struct {
	config *pgx.ConnConfig
	place  string  // names the database for people; no password
	pool   *sql.DB // shared with the library's store
	reads  *sql.DB // for our reads
	db     *gorm.DB
	rd     *gorm.DB
	lock   *lock

	preparing atomic.Bool // the tables are being made or changed, which may take long
}

var _ engine.Engine = (*Engine)(nil)

// oldest is the oldest server that will do, as server_version_num has it.
const oldest = 15_00_00

// Open opens the database that a URL names, as libpq reads it, makes our tables where the
// schema is empty, and brings them up to date. Nothing is changed in a database that is
// refused; with existing set, one without our tables is (engine.ErrNotFound).
func Open(ctx context.Context, url string, existing bool, t engine.Tables) (*Engine, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	e := &Engine{config: config, place: placeOf(config)}
	e.lock = newLock(e)
	doing := "cannot use " + e.place
	if err := e.examine(ctx); err != nil {
		return nil, wrap(ctx, doing, err)
	}
	if err := e.connect(ctx, t); err != nil {
		return nil, errors.Join(wrap(ctx, doing, err), e.Close())
	}
	if err := e.prepare(ctx, existing, t); err != nil {
		return nil, errors.Join(wrap(ctx, doing, err), e.Close())
	}
	return e, nil
}

// parse reads a URL. Its error repeats no password.
func parse(url string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, engine.Faultf(engine.ErrStorage, nil, "the database URL must begin with postgres://, such as postgres://wadah@localhost:5432/wadah")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, engine.Faultf(engine.ErrStorage, err, "the database URL cannot be read; it looks like postgres://user:password@host:5432/database, with %%40 for @ in a password")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = dialLimit
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "wadah"
	}
	return config, nil
}

// placeOf names a database for people.
func placeOf(c *pgx.ConnConfig) string {
	return fmt.Sprintf("the database %s on %s", c.Database, c.Host)
}

// examine looks at the server, through connections of its own, and refuses one that will
// not do.
func (e *Engine) examine(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	var number int
	var name string
	var replica bool
	var readOnly string
	err = conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		pg_is_in_recovery(), current_setting('transaction_read_only')`).Scan(&number, &name, &replica, &readOnly)
	switch {
	case err != nil:
		return err
	case number < oldest:
		return engine.Faultf(engine.ErrStorage, nil, "%s is PostgreSQL %s; Wadah needs 15 or newer", e.place, name)
	case replica:
		return engine.Faultf(engine.ErrStorage, nil, "%s is a read-only replica; name its primary server in the database URL", e.place)
	case readOnly == "on":
		return engine.Faultf(engine.ErrStorage, nil, "%s takes no writes (default_transaction_read_only is on); switch that off for Wadah's user", e.place)
	}
	return e.direct(ctx, conn)
}

// direct refuses a pooler that hands the same server connection to several clients: locks
// of a session and prepared statements get lost behind it. What one client has set must
// not be seen by another.
func (e *Engine) direct(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "SELECT set_config('wadah.direct', 'no', false)"); err != nil {
		return err
	}
	other, err := pgx.ConnectConfig(ctx, e.config.Copy())
	if err != nil {
		return err
	}
	defer closeConn(ctx, other)
	var seen string
	if err := other.QueryRow(ctx, "SELECT COALESCE(current_setting('wadah.direct', true), '')").Scan(&seen); err != nil {
		return err
	}
	if seen != "" {
		return engine.Faultf(engine.ErrStorage, nil, "%s is behind a pooler in transaction mode (PgBouncer's pool_mode); connect directly, or through a pool in session mode", e.place)
	}
	return nil
}

// prepare makes the tables or brings them up to date, alone: other processes wait. Our
// tables are there whole or not at all.
func (e *Engine) prepare(ctx context.Context, existing bool, t engine.Tables) error {
	e.preparing.Store(true)
	defer e.preparing.Store(false)
	return e.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec(lockQuery("pg_advisory_xact_lock"), "schema").Error; err != nil {
			return err
		}
		ours, others, err := e.tables(tx)
		switch {
		case err != nil:
			return err
		case !ours && others > 0:
			return engine.Faultf(engine.ErrCorrupt, nil, "%s holds tables of another program; choose an empty one", e.place)
		case !ours && existing:
			return engine.Faultf(engine.ErrNotFound, nil, "there is no Wadah installation in %s; \"wadah serve\" makes a new one", e.place)
		case !ours:
			return engine.Make(ctx, tx, t)
		}
		var steps []string
		if err := tx.Raw(schema.Seen).Scan(&steps).Error; err != nil {
			return err
		}
		current, err := engine.Seen(e.place, steps)
		if err != nil {
			return err
		}
		if err := t.Check(ctx, tx, e.place); err != nil || current {
			return err
		}
		return engine.Upgrade(ctx, tx)
	})
}

// tables reports whether the schema has our tables, and how many there are.
func (e *Engine) tables(tx *gorm.DB) (ours bool, count int, err error) {
	err = tx.Raw(`SELECT COALESCE(bool_or(tablename = ?), false), count(*) FROM pg_tables WHERE schemaname = current_schema()`, schema.Table).
		Row().Scan(&ours, &count)
	return ours, count, err
}

// Dialect is PostgreSQL's.
func (e *Engine) Dialect() string { return "postgres" }

// SQL is the pool that the library's store shares.
func (e *Engine) SQL() *sql.DB { return e.pool }

// Writes is GORM over the shared pool.
func (e *Engine) Writes() *gorm.DB { return e.db }

// Durable is Writes: each commit is synced before it is seen.
func (e *Engine) Durable() *gorm.DB { return e.db }

// Reads is GORM over a pool that only reads.
func (e *Engine) Reads() *gorm.DB { return e.rd }

// Version is the server's.
func (e *Engine) Version(ctx context.Context) (name, version string, err error) {
	err = e.reads.QueryRowContext(ctx, "SHOW server_version").Scan(&version)
	return "PostgreSQL", version, wrap(ctx, "ask for the version of PostgreSQL", err)
}

// Alone makes a transaction the only one of ours: what it has read stays true until it
// ends, as on SQLite, which has one writer at a time.
func (e *Engine) Alone(tx *gorm.DB) error {
	return tx.Exec(lockQuery("pg_advisory_xact_lock"), "writer").Error
}

// Settle has nothing to do: every commit was synced before it was answered.
func (e *Engine) Settle(context.Context) error { return nil }

// Scrub has nothing to do: autovacuum frees dead rows, which later ones overwrite. VACUUM
// FULL, which does it at once, keeps everybody waiting and is left to who runs the server.
func (e *Engine) Scrub(context.Context) error { return nil }

// InPlace reports whether the database is still ours alone, where Own made it so.
func (e *Engine) InPlace() error { return wrap(context.Background(), "use "+e.place, e.lock.check()) }

// Own makes this process the only server on the database until Close.
func (e *Engine) Own(ctx context.Context) error {
	return wrap(ctx, "cannot use "+e.place, e.lock.take(ctx))
}

// Ready finds out whether the server answers. Writing a row tells the rest.
func (e *Engine) Ready(ctx context.Context) error {
	if err := e.lock.check(); err != nil {
		return wrap(ctx, "use "+e.place, err)
	}
	return wrap(ctx, "reach "+e.place, e.pool.PingContext(ctx))
}

// Backup is pg_dump's work.
func (e *Engine) Backup(context.Context, string) error {
	return engine.Faultf(engine.ErrRefused, nil, "%s is copied with pg_dump", e.place)
}

// Space is what the database takes on its server.
func (e *Engine) Space(ctx context.Context) (space engine.Space, err error) {
	err = e.reads.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&space.Database)
	return space, err
}

// Close gives the lock back and closes all connections.
func (e *Engine) Close() error {
	e.lock.release()
	var err error
	for _, pool := range []*sql.DB{e.reads, e.pool} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	return err
}

// closeConn says goodbye, which a server that is gone cannot hear.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
