package models_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wadah/models"
)

// Ensure that a copy taken while others write is whole: it opens, and what was
// written together is there together.
func TestBackupWhileWriting(t *testing.T) {
	ctx := t.Context()
	f := newFixture(t)
	_, key := f.device("Toko")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := f.CreateDevice(ctx, fmt.Sprintf("%d-%d", w, i)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	dir := t.TempDir()
	var copies []string
	for i := range 4 {
		copies = append(copies, filepath.Join(dir, fmt.Sprintf("it's copy %d.db", i)))
		must(t, f.Backup(ctx, copies[i]))
	}
	close(stop)
	wg.Wait()
	if files := contents(t, dir); len(files) != len(copies) {
		t.Errorf("%d files, want %d", len(files), len(copies))
	}
	for _, path := range copies {
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("others may read the copy: %v", info.Mode())
		}
		s, err := models.Open(ctx, models.Options{Path: path, Key: testKey()})
		must(t, err)
		devices, err := s.Devices(ctx)
		must(t, err)
		for _, d := range devices {
			if keys, err := s.Keys(ctx, d.ID); err != nil || len(keys) != 1 {
				t.Errorf("%s has %d keys (%v)", d.Name, len(keys), err)
			}
		}
		if opened, err := s.OpenKey(ctx, key.Value); err != nil || opened.KeyID != key.ID {
			t.Errorf("the key does not work in the copy: %v", err)
		}
		must(t, s.Close())
	}
}

func TestBackupRefuses(t *testing.T) {
	f := newFixture(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "precious.txt")
	must(t, os.WriteFile(file, []byte("precious"), 0o600))
	tests := []struct {
		name, path string
		want       error
		says       string
	}{
		{"a file that exists", file, models.ErrConflict, "exists"},
		{"the database itself", f.path, models.ErrConflict, "exists"},
		{"a folder", dir, models.ErrConflict, "exists"},
		{"a folder that does not exist", filepath.Join(dir, "none", "copy.db"), models.ErrStorage, "does not exist"},
		{"a path below a file", filepath.Join(file, "copy.db"), models.ErrStorage, "a file is where a folder should be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := f.Backup(t.Context(), tt.path)
			assertOnly(t, err, tt.want)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the sentence %q does not say %q", err, tt.says)
			}
		})
	}
	ended, cancel := contextEnded(t)
	defer cancel()
	if err := f.Backup(ended, filepath.Join(dir, "copy.db")); err == nil {
		t.Error("no error with an ended context")
	}
	if files := contents(t, dir); len(files) != 1 || files[file] != "precious" {
		t.Errorf("something was left behind or changed: %d files", len(files))
	}
}
