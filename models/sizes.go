package models

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// Sizes are figures of what the database holds, for whoever watches it grow.
type Sizes struct {
	Database int64            // bytes of the database file
	Unused   int64            // of these, bytes that the next rows will take
	Log      int64            // bytes of the write-ahead log
	Rows     map[string]int64 // by table, the library's tables too
}

// Sizes counts. It reads every table's smallest index, which takes a second where there
// are millions of rows: ask it now and then, not at every request.
func (s *Store) Sizes(ctx context.Context) (Sizes, error) {
	const doing = "measure the database"
	sizes := Sizes{Rows: make(map[string]int64)}
	var pages, free, pageSize int64
	for pragma, into := range map[string]*int64{"page_count": &pages, "freelist_count": &free, "page_size": &pageSize} {
		if err := s.reads.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return sizes, wrap(ctx, doing, err)
		}
	}
	sizes.Database, sizes.Unused = pages*pageSize, free*pageSize
	info, err := os.Stat(s.path + "-wal")
	switch {
	case err == nil:
		sizes.Log = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return sizes, wrap(ctx, doing, err)
	}
	tables, err := s.tables(ctx)
	if err != nil {
		return sizes, wrap(ctx, doing, err)
	}
	for _, name := range tables {
		var rows int64
		if err := s.read(ctx).Table(name).Count(&rows).Error; err != nil {
			return sizes, wrap(ctx, doing, err)
		}
		sizes.Rows[name] = rows
	}
	return sizes, nil
}

// tables lists the names of all tables, the library's too.
func (s *Store) tables(ctx context.Context) (names []string, err error) {
	err = s.read(ctx).Table("sqlite_master").Where("type = ? AND name NOT LIKE ?", "table", "sqlite%").Order("name").Pluck("name", &names).Error
	return names, err
}
