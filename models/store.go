// Package models stores things and refuses invalid ones. It is the only package
// that imports GORM, and no type of GORM leaves it.
//
// Open gives a Store on one SQLite file or one PostgreSQL database, which whatsmeow's own
// store shares (Store.SQL): one thing to back up. Methods take a context first, return the plain
// structs of this package, and errors that errors.Is finds among the sentinels, or
// an *Invalid that names the refused value. Times are UTC, to the millisecond. IDs
// are 26 lowercase characters that sort by creation.
//
// # Tables
//
//	users          people who may sign in to the panel, passwords as argon2id
//	logins         their signed-in browsers, tokens as SHA-256
//	devices        devices: name, desired state, link, why they are off
//	api_keys       keys of devices: HMAC for lookup, value sealed for revealing
//	device_events  the timeline of each device, the newest 500
//	audit_entries  who did what
//	endpoints      addresses that get events, with the secrets that sign them
//	deliveries     each event on its way to an endpoint; attempts: what came of each try
//	settings       names and values, among them what recognises the server key
//	accounts       what is known of each account a device was linked to
//	group_chats    the groups of accounts; group_members who is in them
//	migrations     the schema changes this file has seen
//	whatsmeow_*    whatsmeow's; nothing here reads or writes them
//
// # Secrets
//
// A server key of 32 bytes (LoadServerKey) derives one subkey per purpose (HKDF).
// The database alone reveals no API key, no proxy password, no login and no
// panel password.
package models

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"wadah/models/engine"
	"wadah/models/passwords"
	"wadah/models/postgres"
	"wadah/models/sqlite"
	"wadah/models/vault"
)

// Options say where the database is and what it is opened with.
type Options struct {
	// Path of the database file; its folder is made when it is missing. Not used with URL.
	Path string
	// URL of a PostgreSQL database, as libpq reads it; "" for SQLite at Path.
	URL string
	// Existing refuses (ErrNotFound) a database at URL that has no tables yet, instead of
	// making them.
	Existing bool
	// Key is the server key, 32 bytes (see LoadServerKey).
	Key []byte
	// Log gets slow queries; nil for none. It never sees values.
	Log *slog.Logger
	// Now is the clock; nil for time.Now.
	Now func() time.Time
}

// Store is the database. Its methods may be called from any goroutine.
type Store struct {
	engine  engine.Engine
	probe   probe
	vault   *vault.Vault
	now     func() time.Time
	ids     ids
	keys    keyCache
	used    usage
	secrets secretCache
	hash    passwords.Hasher

	spellings sync.Map // of statements as the database wants them; see statement.go

	endpoints endpointCache

	onEvents     func(map[string]int64) // set by OnEvents
	onDeliveries func(map[string]bool)  // set by OnDeliveries
	onAccept     func(took time.Duration, arrivals []Arrival, outcomes []Outcome, err error)
}

// Open opens the database, makes it when it does not exist, checks it when it
// does, and brings its schema up to date. Nothing is changed in a database that is
// refused.
//
// The error is ErrStorage when the place cannot be used (or another program holds
// it), ErrCorrupt when what is there is damaged, incomplete or foreign,
// ErrNewerSchema when a newer version of Wadah has written it, and ErrWrongKey when
// o.Key is not the key it was made with.
func Open(ctx context.Context, o Options) (*Store, error) {
	v, err := vault.New(o.Key)
	if err != nil {
		return nil, err
	}
	s := &Store{vault: v, now: o.Now, hash: passwords.NewHasher()}
	if s.now == nil {
		s.now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s.keys.limit = cachedKeys
	s.keys.reset()
	s.used.reset()
	if s.engine, err = openEngine(ctx, o, tables{vault: v, log: o.Log, now: s.now}); err != nil {
		return nil, err
	}
	return s, nil
}

func openEngine(ctx context.Context, o Options, t tables) (engine.Engine, error) {
	if o.URL != "" {
		e, err := postgres.Open(ctx, o.URL, o.Existing, t)
		if err != nil {
			return nil, err // not e: a nil pointer in an interface is not nil
		}
		return e, nil
	}
	e, err := sqlite.Open(ctx, o.Path, t)
	if err != nil {
		return nil, err
	}
	return e, nil
}

// tables is what an engine needs of a store (engine.Tables).
type tables struct {
	vault *vault.Vault
	log   *slog.Logger
	now   func() time.Time
}

// Open makes GORM for a dialect.
func (t tables) Open(d gorm.Dialector) (*gorm.DB, error) { return engine.OpenGORM(d, t.log, t.now) }

// settingKeyCheck is the setting that recognises the server key.
const settingKeyCheck = "server_key_check"

// Stamp stores what recognises the server key.
func (t tables) Stamp(ctx context.Context, db *gorm.DB) error {
	check, err := t.vault.Fingerprint()
	if err != nil {
		return err
	}
	return putSetting(db.WithContext(ctx), settingKeyCheck, check, t.now())
}

// Check compares the server key with the one the database was made with.
func (t tables) Check(ctx context.Context, db *gorm.DB, place string) error {
	want, err := t.vault.Fingerprint()
	if err != nil {
		return err
	}
	got, err := getSetting(ctx, db, settingKeyCheck)
	if errors.Is(err, ErrNotFound) {
		return faultf(ErrCorrupt, err, "%s does not say which server key it belongs to; restore a backup", place)
	}
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
		return faultf(ErrWrongKey, nil,
			"the server key does not fit %s: use the %s that was made together with it (or the right WADAH_SERVER_KEY)", place, ServerKeyFile)
	}
	return nil
}

// Close writes what is still in memory and closes the database. The pool of SQL
// is closed with it.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(s.FlushUsage(ctx), s.engine.Close())
}

// SQL is the pool that whatsmeow's store shares: one database, one thing to back
// up. Nothing else may use it, and nobody but Close closes it.
func (s *Store) SQL() *sql.DB { return s.engine.SQL() }

// Own makes this process the only server on the database until Close; see engine.Engine.
func (s *Store) Own(ctx context.Context) error { return s.engine.Own(ctx) }

// Dialect is the name by which whatsmeow's store knows that database.
func (s *Store) Dialect() string { return s.engine.Dialect() }

// Engine is the name and version of the database, such as "SQLite" and "3.50.4".
func (s *Store) Engine(ctx context.Context) (name, version string, err error) {
	return s.engine.Version(ctx)
}

// Backup writes a consistent copy of the whole database to path while everything
// goes on. The file appears only when it is complete and safe on the disk; when
// path exists nothing is touched and the error is ErrConflict. The copy holds
// secrets sealed under the server key, which it does not contain.
func (s *Store) Backup(ctx context.Context, path string) error { return s.engine.Backup(ctx, path) }

// SealData encrypts what belongs to a device with a key of that device's own; owner is
// what it is stored under. nil stays nil.
func (s *Store) SealData(deviceID, owner string, plain []byte) ([]byte, error) {
	return s.vault.SealData(deviceID, "outside "+owner, plain)
}

// OpenData is the reverse of SealData; the error is ErrCorrupt.
func (s *Store) OpenData(deviceID, owner string, sealed []byte) ([]byte, error) {
	return s.vault.OpenData(deviceID, "outside "+owner, sealed)
}

// Seal encrypts a secret under the server key, for a setting or another place at
// rest. Purpose names the kind of secret, owner the row it belongs to; both are
// needed to open it again. The result is text.
func (s *Store) Seal(purpose, owner, plain string) (string, error) {
	b, err := s.vault.Seal("setting "+purpose, owner, plain)
	return hex.EncodeToString(b), err
}

// Unseal is the reverse of Seal. ErrCorrupt when the text was not made by Seal for
// the same purpose, owner and server key.
func (s *Store) Unseal(purpose, owner, sealed string) (string, error) {
	b, err := hex.DecodeString(sealed)
	if err != nil {
		return "", faultf(ErrCorrupt, err, "a sealed value (%s) is damaged; set it again", purpose)
	}
	return s.vault.Unseal("setting "+purpose, owner, b)
}

// read is a query on the readers' pool.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.engine.Reads().WithContext(ctx) }

// write is a single statement.
func (s *Store) write(ctx context.Context) *gorm.DB { return s.engine.Writes().WithContext(ctx) }

// tx runs fn in a transaction. Its error ends as one of ours.
func (s *Store) tx(ctx context.Context, doing string, fn func(tx *gorm.DB) error) error {
	return s.txOn(s.write(ctx), doing, fn)
}

// durably is tx for what nobody may see before it survives a power cut.
func (s *Store) durably(ctx context.Context, doing string, fn func(tx *gorm.DB) error) error {
	return s.txOn(s.engine.Durable().WithContext(ctx), doing, fn)
}

func (s *Store) txOn(db *gorm.DB, doing string, fn func(tx *gorm.DB) error) error {
	return wrap(db.Statement.Context, doing, db.Transaction(func(tx *gorm.DB) error {
		if err := s.engine.Alone(tx); err != nil {
			return err
		}
		return fn(tx)
	}))
}

// settle makes what was just committed survive a power cut too, where losing it
// would mean a link that nobody can use or a right that comes back.
func (s *Store) settle(ctx context.Context, doing string, err error) error {
	if err != nil {
		return err
	}
	return wrap(ctx, doing, s.engine.Settle(ctx))
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
