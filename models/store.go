package models

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"

	"wadah/models/schema"
)

// Options say where the database is and what it is opened with.
type Options struct {
	// Path of the database file; its folder is made when it is missing.
	Path string
	// Key is the server key, 32 bytes (see LoadServerKey).
	Key []byte
	// Log gets slow queries; nil for none. It never sees values.
	Log *slog.Logger
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	path    string
	place   *place
	pool    *sql.DB // shared with whatsmeow's store
	reads   *sql.DB // for our reads
	keeper  *sql.DB // one connection that stays open; see keep
	probe   probe
	db      *gorm.DB
	rd      *gorm.DB
	vault   *vault
	log     *slog.Logger
	now     func() time.Time
	ids     ids
	keys    keyCache
	used    usage
	secrets secretCache
	hash    hasher

	onEvents func(map[string]int64) // set by OnEvents
}

// Open opens the database, makes it when it does not exist, checks it when it
// does, and brings its schema up to date. Nothing is changed in a file that is
// refused.
//
// The error is ErrStorage when the place cannot be used (or another program holds
// the file), ErrCorrupt when what is there is damaged, incomplete or foreign,
// ErrNewerSchema when a newer version of Wadah has written it, and ErrWrongKey when
// o.Key is not the key it was made with.
func Open(ctx context.Context, o Options) (*Store, error) {
	v, err := newVault(o.Key)
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, faultf(ErrStorage, err, "the database path %s cannot be resolved", o.Path)
	}
	s := &Store{path: path, place: &place{path: path}, vault: v, log: o.Log, now: o.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.keys.limit = cachedKeys
	s.keys.reset()
	s.used.reset()
	s.hash = newHasher()

	seen, err := inspect(ctx, path)
	if err != nil {
		return nil, err
	}
	if !seen.exists {
		if err := s.createDatabase(ctx); err != nil {
			return nil, err
		}
		if seen, err = inspect(ctx, path); err != nil {
			return nil, err
		}
	}
	current, err := seen.checkMigrations(path)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, wrap(ctx, "cannot open "+path, err)
	}
	if err := s.prepare(ctx, current); err != nil {
		return nil, errors.Join(err, s.closePools())
	}
	if err := s.keep(ctx); err != nil {
		return nil, errors.Join(wrap(ctx, "cannot open "+path, err), s.closePools())
	}
	return s, nil
}

// connect opens both pools.
func (s *Store) connect(ctx context.Context) (err error) {
	if s.pool, err = openShared(ctx, s.place); err != nil {
		return err
	}
	if s.reads, err = openPlain(ctx, s.place, readConns, readSettings); err != nil {
		return errors.Join(err, s.pool.Close())
	}
	if s.db, err = s.openGORM(sqliteDialector(s.pool)); err == nil {
		s.rd, err = s.openGORM(sqliteDialector(s.reads))
	}
	if err != nil {
		return errors.Join(err, s.closePools())
	}
	return nil
}

func (s *Store) openGORM(d gorm.Dialector) (*gorm.DB, error) {
	return gorm.Open(d, &gorm.Config{
		Logger:                 gormLog{log: s.log},
		NowFunc:                func() time.Time { return s.now().UTC() },
		TranslateError:         true,
		SkipDefaultTransaction: true, // one statement is atomic by itself
		DisableAutomaticPing:   true, // openPool has done it
	})
}

// prepare brings the schema up to date and checks the server key.
func (s *Store) prepare(ctx context.Context, current bool) error {
	if err := s.checkServerKey(ctx); err != nil {
		return err
	}
	if current {
		return nil
	}
	return wrap(ctx, "cannot bring "+s.path+" up to date", schema.Apply(ctx, s.db, schema.Steps()))
}

// settingKeyCheck is the setting that recognises the server key.
const settingKeyCheck = "server_key_check"

// checkServerKey compares the server key with the one the database was made with.
func (s *Store) checkServerKey(ctx context.Context) error {
	want, err := s.vault.fingerprint()
	if err != nil {
		return err
	}
	got, err := s.Setting(ctx, settingKeyCheck)
	if errors.Is(err, ErrNotFound) {
		return faultf(ErrCorrupt, err, "%s does not say which server key it belongs to; restore a backup", s.path)
	}
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return faultf(ErrWrongKey, nil,
			"the server key does not fit %s: use the %s that was made together with it (or the right WADAH_SERVER_KEY)", s.path, ServerKeyFile)
	}
	return nil
}

// createDatabase makes a new database under another name and gives it its own
// only when it is complete: a database exists or it does not, whenever the
// program is killed, and a file without content is never ours.
func (s *Store) createDatabase(ctx context.Context) (err error) {
	dir := filepath.Dir(s.path)
	doing := "cannot make " + s.path
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wrap(ctx, doing, err)
	}
	work, remove, err := WorkFolder(dir, ".wadah-new-")
	if err != nil {
		return wrap(ctx, doing, err)
	}
	defer remove()
	fresh := &Store{path: filepath.Join(work, DatabaseFile), vault: s.vault, log: s.log, now: s.now}
	fresh.place = &place{path: fresh.path}
	if err := os.WriteFile(fresh.path, nil, 0o600); err != nil {
		return wrap(ctx, doing, err)
	}
	if err := fresh.connect(ctx); err != nil {
		return wrap(ctx, doing, err)
	}
	err = schema.Apply(ctx, fresh.db, schema.Steps())
	if err == nil {
		var check string
		if check, err = s.vault.fingerprint(); err == nil {
			err = fresh.SetSetting(ctx, settingKeyCheck, check)
		}
	}
	// Closing the last connection writes the log into the file.
	if err = errors.Join(err, fresh.closePools()); err == nil {
		err = syncFile(fresh.path)
	}
	if err != nil {
		return wrap(ctx, doing, err)
	}
	if err := publish(fresh.path, s.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return wrap(ctx, doing, err)
	}
	return nil // also when another process was first: its database is the database
}

// Close writes what is still in memory and closes the database. The pool of SQL
// is closed with it.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(s.FlushUsage(ctx), s.closePools())
}

func (s *Store) closePools() error {
	// Readers first: the last connection to close writes the log into the
	// database, which a read-only one cannot.
	err := s.reads.Close()
	if s.keeper != nil {
		err = errors.Join(err, s.keeper.Close())
	}
	return errors.Join(err, s.pool.Close())
}

// SQL is the pool that whatsmeow's store shares: one database, one file to back
// up. Nothing else may use it, and nobody but Close closes it.
func (s *Store) SQL() *sql.DB { return s.pool }

// read is a query on the readers' pool.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.rd.WithContext(ctx) }

// write is a single statement.
func (s *Store) write(ctx context.Context) *gorm.DB { return s.db.WithContext(ctx) }

// tx runs fn in a transaction. Its error ends as one of ours.
func (s *Store) tx(ctx context.Context, doing string, fn func(tx *gorm.DB) error) error {
	return wrap(ctx, doing, s.write(ctx).Transaction(fn))
}

// settle makes what was just committed survive a power cut too, where losing it
// would mean a link that nobody can use or a right that comes back. Ordinary
// commits reach the disk at the next checkpoint, in order. SQLite's log is synced as
// a whole, so whatsmeow's rows from before are safe as well.
func (s *Store) settle(ctx context.Context, doing string, err error) error {
	if err != nil {
		return err
	}
	err = syncFile(s.path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has been written into the database, which is synced
	}
	return wrap(ctx, doing, err)
}

// Sync makes everything that was committed survive a power cut, by whomever through
// this database.
func (s *Store) Sync() error { return s.settle(context.Background(), "sync the database", nil) }

// changed turns an update or delete that met no row into ErrNotFound.
func changed(ctx context.Context, doing string, res *gorm.DB) error {
	if res.Error == nil && res.RowsAffected == 0 {
		return faultf(ErrNotFound, nil, "%s: there is no such row", doing)
	}
	return wrap(ctx, doing, res.Error)
}
