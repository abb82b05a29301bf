package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"wadah/models"
	"wadah/models/files"
)

// A backup that is killed leaves its unfinished work behind, and the next one clears it
// away.
func TestKilledBackup(t *testing.T) {
	w := newWorld(t)
	install(t, w.data, nil)
	w.addDevice("Kasir")
	db, err := sql.Open("sqlite", filepath.Join(w.data, models.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{`CREATE TABLE ballast (b BLOB)`, `INSERT INTO ballast VALUES (randomblob(10000000))`} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	left := func() []string {
		found, err := filepath.Glob(filepath.Join(to, files.BackupPrefix+"*", models.DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	p := start(t, "backup", filepath.Join(to, "killed.tar.gz"), "--data", w.data)
	eventually(t, func() error {
		if len(left()) == 0 {
			return errors.New("the backup has not begun")
		}
		return nil
	})
	p.kill()
	if len(left()) == 0 {
		t.Fatal("the backup had ended before it was killed")
	}
	wadah(t, "backup", filepath.Join(to, "good.tar.gz"), "--data", w.data)
	entries, err := os.ReadDir(to)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != "good.tar.gz" {
		t.Errorf("after the next backup there are %v, want it alone", entries)
	}
}
