//go:build unix && !race

package trial_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"wadah/models/modelstest"
)

// storageFaults make the storage fail and return what mends it. Those in which other
// tests of the process would fail too stand apart.
var storageFaults = map[string]func(*world) (mend func()){
	"locked":   (*world).lockDatabase,
	"error":    (*world).refuseRows,
	"readonly": (*world).makeReadOnly,
	"deleted":  func(w *world) func() { return w.moveAway(false) },
	"replaced": func(w *world) func() { return w.moveAway(true) },
}

// fillDisk lets no file of this process grow.
func fillDisk(t *testing.T) (mend func()) {
	t.Helper()
	var before unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_FSIZE, &before))
	full := before
	full.Cur = 0
	must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &full))
	return func() { must(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &before)) }
}

// lockDatabase is another program that holds the database.
func (w *world) lockDatabase() (mend func()) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "wadah.db")+"?_pragma=busy_timeout(10000)")
	must(w.t, err)
	conn, err := db.Conn(context.Background())
	must(w.t, err)
	_, err = conn.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	must(w.t, err)
	return func() {
		w.t.Helper()
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		must(w.t, err)
		must(w.t, conn.Close())
		must(w.t, db.Close())
	}
}

// refuseRows is a database that fails in the middle of what it does: the library can
// decrypt and store, and then we cannot.
func (w *world) refuseRows() (mend func()) {
	return modelstest.Refuse(w.t, w.store, "INSERT ON messages")
}

// makeReadOnly lets every connection of the pool refuse to write, as on a file system
// that was made read-only.
func (w *world) makeReadOnly() (mend func()) {
	w.t.Helper()
	pool := w.store.SQL()
	limit := pool.Stats().MaxOpenConnections
	var held []*sql.Conn
	pragma := func(value string) {
		for _, c := range held {
			_, err := c.ExecContext(context.Background(), "PRAGMA query_only="+value)
			must(w.t, err)
		}
	}
	free := func() {
		for _, c := range held {
			must(w.t, c.Close())
		}
	}
	// The limit keeps the pool from opening others.
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(8)
	pool.SetConnMaxIdleTime(0)
	grab := func() {
		held = nil
		for range 8 {
			c, err := pool.Conn(context.Background())
			must(w.t, err)
			held = append(held, c)
		}
	}
	grab()
	pragma("1")
	free()
	return func() {
		grab()
		pragma("0")
		free()
		pool.SetMaxOpenConns(limit)
	}
}

// moveAway moves the database away, and puts another one in its place.
func (w *world) moveAway(replace bool) (mend func()) {
	w.t.Helper()
	path := filepath.Join(w.dir, "wadah.db")
	must(w.t, os.Rename(path, path+".away"))
	if replace {
		bytes, err := os.ReadFile(path + ".away")
		must(w.t, err)
		must(w.t, os.WriteFile(path, bytes, 0o600))
	}
	return func() {
		w.t.Helper()
		if replace {
			must(w.t, os.Remove(path))
		}
		must(w.t, os.Rename(path+".away", path))
	}
}
