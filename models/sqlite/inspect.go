package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"wadah/models/engine"
	"wadah/models/files"
	"wadah/models/schema"
)

// Files are the names of the files that a database of this name consists of while it is in
// use, and of what an interrupted one may have left.
func Files(name string) []string {
	return []string{name, name + "-wal", name + "-shm", name + "-journal"}
}

// found is what inspect learned about a database file.
type found struct {
	exists     bool
	migrations []string // recorded as applied
}

// inspect looks at the database file and at what lies beside it without changing
// a byte, and refuses what must not be opened for writing: SQLite would take a
// log without its database for rubbish and delete it, and make a new database
// where a folder was copied in part.
func inspect(ctx context.Context, path string) (found, error) {
	size, err := fileSize(path)
	if errors.Is(err, fs.ErrNotExist) {
		for _, suffix := range []string{"-wal", "-journal"} {
			if info, err := os.Lstat(path + suffix); err == nil && info.Size() > 0 {
				return found{}, engine.Faultf(engine.ErrCorrupt, nil,
					"%s is missing although %s exists: the folder was copied in part; copy the database too, or restore a backup",
					path, filepath.Base(path)+suffix)
			}
		}
		return found{}, nil
	}
	if err != nil {
		return found{}, err
	}
	if size == 0 {
		// Wadah never leaves an empty file behind (see create).
		return found{}, engine.Faultf(engine.ErrCorrupt, nil,
			"%s is empty, as after a copy that failed; restore a backup, or delete it to begin anew", path)
	}
	f := found{exists: true}
	f.migrations, err = examine(ctx, path)
	return f, err
}

// fileSize returns the size of the database file; fs.ErrNotExist when there is
// none. It does not open the file: where locks belong to the process, closing it
// again would drop the locks of a Store that has it open.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(path); err == nil {
			return 0, engine.Faultf(engine.ErrStorage, nil, "%s is a link to nothing; mend or delete it", path)
		}
		return 0, fs.ErrNotExist
	}
	if err != nil {
		why, kind := engine.Classify(err, Classify, files.Classify)
		return 0, engine.Faultf(kind, err, "%s cannot be read: %s", path, why)
	}
	if !info.Mode().IsRegular() {
		return 0, engine.Faultf(engine.ErrStorage, nil, "%s is not a file; move it away", path)
	}
	return info.Size(), nil
}

// examine opens the database read-only, checks its structure and returns the
// migrations it has seen.
func examine(ctx context.Context, path string) (migrations []string, err error) {
	doing := "cannot open " + path
	db, err := openPlain(ctx, &place{path: path}, 1, inspectSettings)
	if err != nil {
		return nil, wrap(ctx, doing, err)
	}
	defer db.Close()

	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return nil, wrap(ctx, doing, err)
	}
	if verdict != "ok" {
		return nil, engine.Faultf(engine.ErrCorrupt, errors.New(verdict), "%s is damaged; restore a backup", path)
	}
	var name string
	err = db.QueryRowContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?", schema.Table).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, engine.Faultf(engine.ErrCorrupt, nil, "%s is a database of another program; choose another path", path)
	}
	if err != nil {
		return nil, wrap(ctx, doing, err)
	}
	rows, err := db.QueryContext(ctx, schema.Seen)
	if err != nil {
		return nil, wrap(ctx, doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, wrap(ctx, doing, err)
		}
		migrations = append(migrations, id)
	}
	return migrations, wrap(ctx, doing, rows.Err())
}
