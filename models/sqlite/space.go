package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"wadah/models/engine"
)

// Space is what the file and its log take.
func (e *Engine) Space(ctx context.Context) (space engine.Space, err error) {
	var pages, free, pageSize int64
	for pragma, into := range map[string]*int64{"page_count": &pages, "freelist_count": &free, "page_size": &pageSize} {
		if err := e.reads.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return space, err
		}
	}
	space.Database, space.Unused = pages*pageSize, free*pageSize
	info, err := os.Stat(e.place.path + "-wal")
	switch {
	case err == nil:
		space.Log = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return space, err
	}
	return space, nil
}
