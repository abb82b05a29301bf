package models_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"wadah/models"
)

// Ensure that nothing is written any more once a file of the database is not the one
// that was opened, that nothing is made or changed in its place, and that all is well
// again when the file is back.
func TestFilesUnderTheProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // such files cannot be moved there
	}
	moved := func(name string) func(t *testing.T, db string) (undo func()) {
		return func(t *testing.T, db string) func() {
			must(t, os.Rename(db+name, db+".away"))
			return func() { must(t, os.Rename(db+".away", db+name)) }
		}
	}
	for name, act := range map[string]func(t *testing.T, db string) (undo func()){
		"database moved":  moved(""),
		"log moved":       moved("-wal"),
		"log index moved": moved("-shm"),
		"database replaced": func(t *testing.T, db string) func() {
			undo := moved("")(t, db)
			_, other := filledFolder(t)
			must(t, os.Rename(other, db))
			return func() { must(t, os.Remove(db)); undo() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			db := filepath.Join(dir, models.DatabaseFile)
			s, err := models.Open(t.Context(), models.Options{Path: db, Key: testKey()})
			must(t, err)
			defer func() { must(t, s.Close()) }()
			_, _, err = s.CreateDevice(t.Context(), "Toko")
			must(t, err)
			must(t, s.InPlace(t.Context()))

			undo := act(t, db)
			before := contents(t, dir)
			for what, err := range map[string]error{
				"InPlace": s.InPlace(t.Context()), "Probe": s.Probe(t.Context()),
				"a statement":   s.SetSetting(t.Context(), "x", "y"),
				"a transaction": func() error { _, _, err := s.CreateDevice(t.Context(), "Warung"); return err }(),
				"the library":   func() error { _, err := s.SQL().ExecContext(t.Context(), "DELETE FROM settings"); return err }(),
			} {
				if !errors.Is(err, models.ErrReplaced) {
					t.Errorf("%s: %v, want ErrReplaced", what, err)
				}
				if what != "the library" {
					assertOnly(t, err, models.ErrStorage)
				}
			}
			for file, bytes := range contents(t, dir) {
				if before[file] != bytes {
					t.Errorf("%s was written", filepath.Base(file))
				}
			}
			undo()
			must(t, probeUntil(t, s, false))
			must(t, s.SetSetting(t.Context(), "x", "y"))
		})
	}
}

// Ensure that a commit notices what happened after its transaction began.
func TestFileReplacedInATransaction(t *testing.T) {
	if runtime.GOOS == "windows" {
		return
	}
	db := filepath.Join(t.TempDir(), models.DatabaseFile)
	s, err := models.Open(t.Context(), models.Options{Path: db, Key: testKey()})
	must(t, err)
	defer s.Close()
	tx, err := s.SQL().BeginTx(t.Context(), nil)
	must(t, err)
	_, err = tx.ExecContext(t.Context(), "INSERT INTO settings (name, value, updated_at) VALUES ('x', '', 0)")
	must(t, err)
	must(t, os.Rename(db, db+".away"))
	if err := tx.Commit(); !errors.Is(err, models.ErrReplaced) {
		t.Errorf("committed: %v", err)
	}
	must(t, os.Rename(db+".away", db))
	if _, err := s.Setting(t.Context(), "x"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the row: %v", err)
	}
	must(t, s.SetSetting(t.Context(), "x", "y"))
}

// Ensure that a probe of a locked database answers in time, once for all who ask, and
// leaves nothing behind.
func TestProbe(t *testing.T) {
	dir := t.TempDir()
	s, err := models.Open(t.Context(), models.Options{Path: filepath.Join(dir, models.DatabaseFile), Key: testKey()})
	must(t, err)
	defer s.Close()
	must(t, s.Probe(t.Context()))

	db, err := sql.Open("sqlite", filepath.Join(dir, models.DatabaseFile))
	must(t, err)
	defer db.Close()
	other, err := db.Conn(t.Context())
	must(t, err)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)
	if err := probeUntil(t, s, true); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while SQLite waits for the lock: %v", err)
	}
	if err := s.Probe(t.Context()); !errors.Is(err, models.ErrStorage) || models.Why(err) == "" {
		t.Errorf("in the end: %v, why %q", err, models.Why(err))
	}
	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	must(t, err)
	must(t, probeUntil(t, s, false))
	files, err := os.ReadDir(dir)
	must(t, err)
	if len(files) > 3 { // the database and its log's two
		t.Errorf("left behind: %v", files)
	}
}

// probeUntil asks until the storage fails, or works: the last answer counts for a moment.
// Each time it waits less than SQLite does for a lock.
func probeUntil(t *testing.T, s *models.Store, fails bool) (err error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err = s.Probe(ctx)
		cancel()
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("a probe of 200 ms took %v", took)
		}
		if (err != nil) == fails {
			return err
		}
		<-tick.C
	}
	return err
}
