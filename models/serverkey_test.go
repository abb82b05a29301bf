package models_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wadah/models"
)

func TestLoadServerKey(t *testing.T) {
	good := strings.Repeat("0a", 32)
	write := func(text string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, models.ServerKeyFile)
			must(t, os.WriteFile(path, []byte(text), mode))
			must(t, os.Chmod(path, mode))
		}
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		created bool
		want    error
		says    string
	}{
		{name: "makes a key in an empty folder", created: true},
		{name: "reads the key that is there", prepare: write(good+"\n", 0o600)},
		{name: "reads it in capitals and with white space", prepare: write(" "+strings.ToUpper(good)+"\r\n", 0o600)},
		{name: "makes a key that others may read private", prepare: write(good, 0o644)},
		{name: "refuses a short key", prepare: write(good[:62], 0o600), want: models.ErrWrongKey, says: "damaged"},
		{name: "refuses what is not hexadecimal", prepare: write(strings.Repeat("xy", 32), 0o600), want: models.ErrWrongKey, says: "damaged"},
		{name: "refuses an empty file", prepare: write("", 0o600), want: models.ErrWrongKey, says: "damaged"},
		{name: "refuses zeros", prepare: write(strings.Repeat("0", 64), 0o600), want: models.ErrWrongKey, says: "damaged"},
		{name: "refuses a folder in its place", prepare: func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, models.ServerKeyFile), 0o700))
		}, want: models.ErrStorage, says: "not a file"},
		{name: "makes no key beside a database", prepare: func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, models.DatabaseFile), []byte("x"), 0o600))
		}, want: models.ErrWrongKey, says: "copied in part"},
		{name: "makes no key beside the log of a database", prepare: func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, models.DatabaseFile+"-wal"), []byte("x"), 0o600))
		}, want: models.ErrWrongKey, says: "copied in part"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.prepare != nil {
				tt.prepare(t, dir)
			}
			key, created, err := models.LoadServerKey(dir)
			if tt.want != nil {
				if err == nil {
					t.Fatal("no error")
				}
				assertOnly(t, err, tt.want)
				if !strings.Contains(err.Error(), tt.says) {
					t.Errorf("the sentence %q does not say %q", err, tt.says)
				}
				if _, err := os.Stat(filepath.Join(dir, models.ServerKeyFile)); err == nil && tt.prepare == nil {
					t.Error("a key was left behind")
				}
				return
			}
			must(t, err)
			if created != tt.created || len(key) != 32 {
				t.Errorf("created = %v, %d bytes", created, len(key))
			}
			info, err := os.Stat(filepath.Join(dir, models.ServerKeyFile))
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode is %v, want 0600", info.Mode().Perm())
			}
			again, created, err := models.LoadServerKey(dir)
			if err != nil || created || !bytes.Equal(key, again) {
				t.Errorf("the second time: created = %v, same key = %v (%v)", created, bytes.Equal(key, again), err)
			}
		})
	}
}

// Ensure that processes starting together on an empty folder agree on one key.
func TestLoadServerKeyAtTheSameTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], _, err = models.LoadServerKey(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("the keys differ")
		}
	}
	if files := contents(t, dir); len(files) != 1 {
		t.Errorf("%d files, want the key alone", len(files))
	}
}

func TestParseServerKeyDoesNotRepeatIt(t *testing.T) {
	secret := strings.Repeat("5e", 31)
	if _, err := models.ParseServerKey(secret); err == nil || strings.Contains(err.Error(), "5e5e") {
		t.Errorf("got %v", err)
	}
	key, err := models.ParseServerKey(secret + "5e")
	if err != nil || hex.EncodeToString(key) != secret+"5e" {
		t.Errorf("got %x, %v", key, err)
	}
}
