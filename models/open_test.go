package models_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wadah/models"
)

// sentinels are all errors of which each failure must match exactly one.
var sentinels = []error{
	models.ErrNotFound, models.ErrConflict, models.ErrNewerSchema,
	models.ErrWrongKey, models.ErrCorrupt, models.ErrStorage,
}

func assertOnly(t *testing.T, err, want error) {
	t.Helper()
	if want != nil && !errors.Is(err, want) {
		t.Errorf("%v is not %q", err, want)
	}
	for _, other := range sentinels {
		if !errors.Is(want, other) && errors.Is(err, other) {
			t.Errorf("%v is %q", err, other)
		}
	}
}

// filledFolder returns a data folder with a closed database of one device.
func filledFolder(t *testing.T) (dir, db string) {
	t.Helper()
	dir = t.TempDir()
	db = filepath.Join(dir, models.DatabaseFile)
	s, err := models.Open(t.Context(), models.Options{Path: db, Key: testKey()})
	must(t, err)
	for i := range 40 {
		_, _, err = s.CreateDevice(t.Context(), fmt.Sprintf("Toko %d", i))
		must(t, err)
	}
	must(t, s.Close())
	return dir, db
}

// contents is every file of a folder with its bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	}))
	return files
}

// Ensure that everything unfit is refused with a sentence, recognisably, and left
// exactly as it was.
func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir, db string)
		path  func(dir, db string) string
		key   []byte
		want  error
		says  string
	}{
		{name: "a truncated database", spoil: func(t *testing.T, _, db string) {
			must(t, os.Truncate(db, 3*4096))
		}, want: models.ErrCorrupt, says: "restore a backup"},
		{name: "a database cut in the middle of a page", spoil: func(t *testing.T, _, db string) {
			info, err := os.Stat(db)
			must(t, err)
			must(t, os.Truncate(db, info.Size()/2+100))
		}, want: models.ErrCorrupt, says: "restore a backup"},
		{name: "an empty file", spoil: func(t *testing.T, _, db string) {
			must(t, os.Truncate(db, 0))
		}, want: models.ErrCorrupt, says: "is empty"},
		{name: "overwritten pages", spoil: func(t *testing.T, _, db string) {
			f, err := os.OpenFile(db, os.O_RDWR, 0)
			must(t, err)
			_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, 8*4096), 2*4096)
			must(t, errors.Join(err, f.Close()))
		}, want: models.ErrCorrupt, says: "restore a backup"},
		{name: "a text file", spoil: func(t *testing.T, _, db string) {
			must(t, os.WriteFile(db, []byte("dear diary\n"), 0o600))
		}, want: models.ErrCorrupt, says: "not a database"},
		{name: "a long text file", spoil: func(t *testing.T, _, db string) {
			must(t, os.WriteFile(db, bytes.Repeat([]byte("dear diary\n"), 10_000), 0o600))
		}, want: models.ErrCorrupt, says: "not a database"},
		{name: "a database of another program", spoil: func(t *testing.T, _, db string) {
			must(t, os.Remove(db))
			other, err := sql.Open("sqlite", db)
			must(t, err)
			_, err = other.ExecContext(t.Context(), "CREATE TABLE birds (name TEXT)")
			must(t, errors.Join(err, other.Close()))
		}, want: models.ErrCorrupt, says: "another program"},
		{name: "a log without its database", spoil: func(t *testing.T, _, db string) {
			must(t, os.Rename(db, db+"-wal"))
		}, want: models.ErrCorrupt, says: "copied in part"},
		{name: "a newer schema", spoil: func(t *testing.T, _, db string) {
			raw, err := sql.Open("sqlite", db)
			must(t, err)
			_, err = raw.ExecContext(t.Context(), "INSERT INTO migrations (id) VALUES ('9999_from_the_future')")
			must(t, errors.Join(err, raw.Close()))
		}, want: models.ErrNewerSchema, says: "install that version"},
		{name: "another server key", key: bytes.Repeat([]byte{8}, 32), want: models.ErrWrongKey, says: "server.key"},
		{name: "a short server key", key: []byte("short"), want: models.ErrWrongKey, says: "32 bytes"},
		{name: "a folder in place of the file", spoil: func(t *testing.T, _, db string) {
			must(t, os.Remove(db))
			must(t, os.Mkdir(db, 0o700))
		}, want: models.ErrStorage, says: "not a file"},
		{name: "a link to nothing", spoil: func(t *testing.T, dir, db string) {
			must(t, os.Remove(db))
			must(t, os.Symlink(filepath.Join(dir, "nowhere"), db))
		}, want: models.ErrStorage, says: "link to nothing"},
		{name: "a folder that cannot be made", path: func(_, db string) string {
			return filepath.Join(db, "below", models.DatabaseFile)
		}, want: models.ErrStorage, says: "a file is where a folder should be"},
		{name: "a folder that cannot be written", path: func(_, _ string) string {
			return "/proc/" + models.DatabaseFile
		}, want: models.ErrStorage, says: "/proc/" + models.DatabaseFile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, db := filledFolder(t)
			if tt.spoil != nil {
				tt.spoil(t, dir, db)
			}
			before := contents(t, dir)
			o := models.Options{Path: db, Key: testKey()}
			if tt.path != nil {
				o.Path = tt.path(dir, db)
			}
			if tt.key != nil {
				o.Key = tt.key
			}
			for range 2 { // the refusal itself must not change the answer
				s, err := models.Open(t.Context(), o)
				if err == nil {
					s.Close()
					t.Fatal("opened")
				}
				assertOnly(t, err, tt.want)
				if !strings.Contains(err.Error(), tt.says) {
					t.Errorf("the sentence %q does not say %q", err, tt.says)
				}
			}
			after := contents(t, dir)
			for name, was := range before {
				if is, ok := after[name]; !ok || is != was {
					t.Errorf("%s was changed (still there: %v)", name, ok)
				}
			}
			for name := range after {
				// Looking into a log needs an index of it, which SQLite leaves behind.
				if _, ok := before[name]; !ok && !strings.HasSuffix(name, "-shm") && after[name] != "" {
					t.Errorf("%s was left behind", name)
				}
			}
		})
	}
}

// Ensure that any name of a folder will do.
func TestOpenWithAnyPath(t *testing.T) {
	for _, name := range []string{"a b", "why?mode=ro", "50%25", "100%", "c#sharp", "tanda&dan=", "ñandú 船", "a;b", "file:x", "plus+plus", `quote"'`} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name, models.DatabaseFile)
			for range 2 {
				s, err := models.Open(t.Context(), models.Options{Path: path, Key: testKey()})
				must(t, err)
				must(t, s.Probe(t.Context()))
				must(t, s.Close())
			}
			info, err := os.Stat(path)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("others may read the database: %v", info.Mode())
			}
			files := contents(t, filepath.Dir(path))
			if len(files) != 1 {
				t.Errorf("%d files after closing, want the database alone", len(files))
			}
		})
	}
}

// Ensure that a relative path is the same file after a change of directory.
func TestOpenWithRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := models.Open(t.Context(), models.Options{Path: "data/wadah.db", Key: testKey()})
	must(t, err)
	defer s.Close()
	t.Chdir(t.TempDir())
	_, _, err = s.CreateDevice(t.Context(), "Toko")
	must(t, err)
}

// Ensure that several processes may start on an empty folder at the same time:
// all get the same database.
func TestOpenAtTheSameTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", models.DatabaseFile)
	var wg sync.WaitGroup
	stores := make([]*models.Store, 6)
	for i := range stores {
		wg.Go(func() {
			s, err := models.Open(t.Context(), models.Options{Path: path, Key: testKey()})
			if err != nil {
				t.Error(err)
				return
			}
			stores[i] = s
			if _, _, err := s.CreateDevice(t.Context(), fmt.Sprintf("Toko %d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range stores {
		if s == nil {
			continue
		}
		if devices, err := s.Devices(t.Context()); err != nil || len(devices) != len(stores) {
			t.Errorf("%d devices, want %d (%v)", len(devices), len(stores), err)
		}
	}
	for _, s := range stores {
		if s != nil {
			must(t, s.Close())
		}
	}
}

// Ensure that a copy that was taken without the log opens, or is refused as
// damaged, but never anything else.
func TestOpenCopyWithoutLog(t *testing.T) {
	f := newFixture(t)
	for i := range 50 {
		f.device(fmt.Sprintf("Toko %d", i))
	}
	b, err := os.ReadFile(f.path)
	must(t, err)
	copied := filepath.Join(t.TempDir(), models.DatabaseFile)
	must(t, os.WriteFile(copied, b, 0o600))
	s, err := models.Open(t.Context(), models.Options{Path: copied, Key: testKey()})
	if err != nil {
		assertOnly(t, err, models.ErrCorrupt)
		return
	}
	defer s.Close()
	_, err = s.Devices(t.Context())
	must(t, err)
}

// Ensure that what was committed is there after a crash: the log of a process that
// never closed the database is taken up.
func TestOpenAfterCrash(t *testing.T) {
	f := newFixture(t)
	f.device("Toko")
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(f.path + suffix)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, models.DatabaseFile+suffix), b, 0o600))
	}
	s, err := models.Open(t.Context(), models.Options{Path: filepath.Join(dir, models.DatabaseFile), Key: testKey()})
	must(t, err)
	defer s.Close()
	_, err = s.DeviceByName(t.Context(), "Toko")
	must(t, err)
}
