package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"wadah/models/engine"
)

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
		return fmt.Errorf("%s: %w", filepath.Base(name), engine.ErrReplaced)
	}
	return nil
}

// keep holds one connection open for the life of the store, and remembers the files.
func (e *Engine) keep(ctx context.Context) (err error) {
	if e.keeper, err = openPlain(ctx, e.place, 1, readSettings); err != nil {
		return err
	}
	e.keeper.SetConnMaxIdleTime(0) // never
	// The log is opened by the first look at the database.
	var tables int
	if err := e.keeper.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	return e.place.remember()
}

// InPlace reports whether the database's files are still the ones that were opened.
func (e *Engine) InPlace() error {
	return wrap(context.Background(), "use "+e.place.path, e.place.check())
}

const (
	// probeRoom is how much more the disk must take, in bytes. A row alone would fit into
	// what the database's log has allocated already, when nothing else does.
	probeRoom = 256 << 10
	// probeName begins the name of the file that takes the room, in the database's folder.
	probeName = ".wadah-probe-"
)

// Ready finds out whether there is room for what comes. Where there is none SQLite
// itself speaks of an error of the disk.
func (e *Engine) Ready(ctx context.Context) error {
	if err := e.place.check(); err != nil {
		return wrap(ctx, "use "+e.place.path, err)
	}
	return wrap(ctx, "write to the database's folder", takeRoom(filepath.Dir(e.place.path)))
}

// takeRoom writes a file and removes it before it reaches the disk: the file system has to
// promise it the room all the same. The name goes first, where that can be, so that a
// killed program leaves none.
func takeRoom(dir string) error {
	f, err := os.CreateTemp(dir, probeName+"*")
	if err != nil {
		return err
	}
	named := os.Remove(f.Name()) != nil // Windows keeps the names of open files
	_, err = f.Write(make([]byte, probeRoom))
	err = errors.Join(err, f.Close())
	if named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
