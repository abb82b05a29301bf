package files_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wadah/models/files"
)

// Ensure that what killed processes left behind goes, and nothing that anybody works in
// or that is not ours.
func TestWorkFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]?")
	must(t, os.MkdirAll(dir, 0o700))
	busy, done, err := files.WorkFolder(dir, ".work-")
	must(t, err)
	put := func(name string, age time.Duration, locked bool) string {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Join(path, "deep"), 0o700))
		if locked {
			must(t, os.WriteFile(filepath.Join(path, ".lock"), nil, 0o600))
		}
		at := time.Now().Add(-age)
		must(t, os.Chtimes(path, at, at))
		return path
	}
	killed, old := put(".work-killed", 0, true), put(".work-old", 2*time.Hour, false)
	young, other := put(".work-young", time.Minute, false), put("work-other", 48*time.Hour, true)
	file := filepath.Join(dir, ".work-file")
	must(t, os.WriteFile(file, nil, 0o600))

	second, done2, err := files.WorkFolder(dir, ".work-")
	must(t, err)
	for path, want := range map[string]bool{
		busy: true, second: true, killed: false, old: false, young: true, other: true, file: true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it to be there: %v", filepath.Base(path), err, want)
		}
	}
	must(t, done2())
	must(t, done())
	for _, path := range []string{busy, second} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was not removed", path)
		}
	}
}

// Ensure that one server holds a folder, whatever becomes of the file that says so.
func TestLockFolder(t *testing.T) {
	dir := t.TempDir()
	release, err := files.LockFolder(dir)
	must(t, err)
	for name, lose := range map[string]func() error{
		"as it is":    func() error { return nil },
		"file lost":   func() error { return os.Remove(filepath.Join(dir, "wadah.lock")) },
		"file edited": func() error { return os.WriteFile(filepath.Join(dir, "wadah.lock"), []byte("x"), 0o600) },
	} {
		_ = lose() // open files cannot be deleted everywhere
		if _, err := files.LockFolder(dir); err == nil {
			t.Errorf("%s: a second server is let in", name)
		}
	}
	must(t, release())
	again, err := files.LockFolder(dir)
	must(t, err)
	must(t, again())
}

// must fails the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Many begin to work at the same time: nobody's folder is taken for one that was left.
func TestWorkFoldersAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				path, done, err := files.WorkFolder(dir, ".work-")
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(path, "made"), nil, 0o600); err != nil {
					t.Error(err)
				}
				if err := done(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
