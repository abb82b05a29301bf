package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
)

// ErrReplaced refines ErrStorage: the database file, or one of the two that belong to
// it while it is in use, was deleted, moved or replaced under the program. What would be
// stored then, nobody would find again.
var ErrReplaced = errors.New("the file is not the one that was opened")

// place remembers which files the database consists of. An open file can be deleted and
// goes on working, and a new connection would make a new one in its place, so both
// pools ask the place before they open a connection, begin to write and commit.
type place struct {
	path  string
	files atomic.Pointer[map[string]os.FileInfo] // nil before remember: anything goes
}

// remember takes up the files as they are. A connection must be open and stay so: the
// log and its index (https://www.sqlite.org/wal.html) then stay the same files.
func (p *place) remember() error {
	if runtime.GOOS == "windows" {
		return nil // files that are open can neither be deleted nor replaced there
	}
	files := make(map[string]os.FileInfo)
	for _, name := range []string{p.path, p.path + "-wal", p.path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) && name != p.path {
			continue // a database that keeps no such log
		}
		if err != nil {
			return err
		}
		files[name] = info
	}
	p.files.Store(&files)
	return nil
}

// check says what is not as it was. It costs a few microseconds.
func (p *place) check() error {
	files := p.files.Load()
	if files == nil {
		return nil
	}
	for name, was := range *files {
		now, err := os.Stat(name)
		if err == nil && os.SameFile(was, now) {
			continue
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return fmt.Errorf("%s: %w", filepath.Base(name), ErrReplaced)
	}
	return nil
}

// keep holds one connection open for the life of the store, and remembers the files.
func (s *Store) keep(ctx context.Context) (err error) {
	if s.keeper, err = openPlain(ctx, s.place, 1, readSettings); err != nil {
		return err
	}
	s.keeper.SetConnMaxIdleTime(0) // never
	// The log is opened by the first look at the database.
	var tables int
	if err := s.keeper.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	return s.place.remember()
}
