package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"wadah/models"
	"wadah/models/files"
	"wadah/session/message"
)

type backupCmd struct {
	dataFlags `embed:""`
	File      string `arg:"" help:"File to write, such as wadah.tar.gz; it must not exist." type:"path"`
}

// Run writes a consistent copy of the data folder, also while a server runs on it:
// the database and, unless the operator keeps it elsewhere, the server key.
func (c *backupCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	if _, err := os.Lstat(c.File); err == nil {
		return fmt.Errorf("%s exists: choose another name, a backup never overwrites anything", c.File)
	}
	store, err := c.openInstallation(ctx, p, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	// Beside the result, so that the last step is a rename on one file system.
	work, remove, err := files.WorkFolder(filepath.Dir(c.File), files.BackupPrefix)
	if err != nil {
		return cannotWrite(fmt.Errorf("write the backup: %w", err), filepath.Dir(c.File))
	}
	defer func() { err = errors.Join(err, remove()) }()

	url, err := c.url()
	if err != nil {
		return err
	}
	var files []string
	if url == "" {
		database := filepath.Join(work, models.DatabaseFile)
		if err := store.Backup(ctx, database); err != nil {
			return err
		}
		files = append(files, database)
	}
	key := filepath.Join(c.Data, models.ServerKeyFile)
	if _, err := os.Stat(key); err == nil {
		files = append(files, key)
	}
	packed := filepath.Join(work, "backup")
	if err := pack(packed, files); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := os.Rename(packed, c.File); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	said := fmt.Sprintf("Backup written to %s.\n", c.File)
	if url != "" {
		said = fmt.Sprintf("Written to %s: what is not in the database. \"wadah restore\" needs it, after pg_restore.\n", c.File) + besideDatabase
	}
	if !slices.Contains(files, key) {
		said += "It does not contain the server key, which is kept outside the data folder: keep a copy of that too. Without it nobody can open what is sealed in the database.\n"
	}
	_, err = fmt.Fprint(p.stdout, said)
	return err
}

// besideDatabase says how a database in PostgreSQL is copied.
const besideDatabase = "The database is copied with PostgreSQL's own pg_dump, also while Wadah runs: all tables of the schema, those that begin with whatsmeow_ too.\n" +
	"  pg_dump --format=custom --file=wadah.dump \"$WADAH_DATABASE_URL\"\n"

// pack writes files into a compressed archive that nobody but the owner can read.
func pack(path string, files []string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zip := gzip.NewWriter(f)
	archive := tar.NewWriter(zip)
	for _, file := range files {
		if err := addFile(archive, file); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zip.Close(), f.Sync())
}

func addFile(archive *tar.Writer, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{
		Name: filepath.Base(path), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime().Truncate(time.Second),
	}); err != nil {
		return err
	}
	_, err = io.CopyN(archive, f, info.Size())
	return err
}

type restoreCmd struct {
	dataFlags `embed:""`
	File      string `arg:"" help:"File that backup wrote." type:"path"`
}

// Run unpacks a backup into a data folder that has no database yet. The folder
// gets the files only after they were found to be complete and to fit together.
func (c *restoreCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	url, err := c.url()
	if err != nil {
		return err
	}
	for _, name := range []string{models.DatabaseFile, models.ServerKeyFile} {
		if _, err := os.Lstat(filepath.Join(c.Data, name)); err == nil {
			return fmt.Errorf("%s has a %s already: restore overwrites nothing; name another folder with --data, or move that file away", c.Data, name)
		}
	}
	if err := makeFolder(c.Data); err != nil {
		return err
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	work, remove, err := files.WorkFolder(c.Data, ".restore-")
	if err != nil {
		return fmt.Errorf("write to %s: %w", c.Data, err)
	}
	defer func() { err = errors.Join(err, remove()) }()
	if err := unpack(c.File, work, url == ""); err != nil {
		return err
	}
	if err := c.verify(ctx, p, log, work); err != nil {
		return err
	}
	// The key first: a database without its key is refused, never given a new one.
	for _, name := range []string{models.ServerKeyFile, models.DatabaseFile} {
		err := os.Rename(filepath.Join(work, name), filepath.Join(c.Data, name))
		if err != nil && !((name == models.ServerKeyFile || url != "") && errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("write to %s: %w", c.Data, err)
		}
	}
	_, err = fmt.Fprintf(p.stdout, "Restored into %s. Never run the old installation again beside this one: WhatsApp allows a link one connection.\n", c.Data)
	return err
}

// verify opens what was unpacked, with the key that will be used with it, and ends what
// must not be done twice.
func (c *restoreCmd) verify(ctx context.Context, p *program, log *slog.Logger, work string) error {
	unpacked := c.dataFlags
	unpacked.Data = work
	store, err := unpacked.open(ctx, p, log, true)
	if err != nil {
		return fmt.Errorf("the backup %s cannot be used: %w", c.File, err)
	}
	return errors.Join(message.Restored(ctx, store), store.Close())
}

// unpack writes the files of an archive into folder. It takes the two names it
// knows and refuses all others. With whole the database must be among them; otherwise
// pg_restore has brought it back.
func unpack(path, folder string, whole bool) (err error) {
	damaged := func(err error) error {
		return fmt.Errorf("%s is no complete backup of Wadah: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return damaged(err)
	}
	archive := tar.NewReader(zip)
	database := false
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		// Our own names, never the archive's: that one might lead out of the folder.
		var name string
		switch header.Name {
		case models.DatabaseFile:
			name, database = models.DatabaseFile, true
		case models.ServerKeyFile:
			name = models.ServerKeyFile
		default:
			return damaged(fmt.Errorf("it holds a file %q", header.Name))
		}
		if err := extract(archive, header.Size, filepath.Join(folder, name)); err != nil {
			return damaged(err)
		}
	}
	switch {
	case database && !whole:
		return fmt.Errorf("%s holds a database in a file: restore it without a database URL, then move it with \"wadah move\"", path)
	case !database && whole:
		return damaged(fmt.Errorf("it holds no %s", models.DatabaseFile))
	}
	return nil
}

func extract(from io.Reader, size int64, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, from, size)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
