package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"wadah/models"
)

// dataFlags say where the data is and how its secrets are opened.
type dataFlags struct {
	Data            string `help:"Folder of the database and the server key; made when it is missing." default:"./data" type:"path" placeholder:"DIR"`
	DatabaseURL     string `help:"PostgreSQL database to use in place of a file in the data folder, such as postgres://wadah@localhost:5432/wadah. Other users of the machine can read a password given here: give it in the variable or the file." placeholder:"URL"`
	DatabaseURLFile string `help:"File with that URL." type:"path" placeholder:"FILE"`
	ServerKeyFile   string `help:"File with the server key, 64 hexadecimal digits; WADAH_SERVER_KEY gives the key itself. Without either it is server.key in the data folder." type:"path" placeholder:"FILE"`
}

// open opens the installation's database, and makes it unless it has to be there. The
// caller closes it.
func (d dataFlags) open(ctx context.Context, p *program, log *slog.Logger, existing bool) (*models.Store, error) {
	key, err := d.prepare(p)
	if err != nil {
		return nil, explained(err, d.Data)
	}
	o, err := d.options()
	if err != nil {
		return nil, err
	}
	o.Key, o.Log, o.Existing = key, log, existing
	store, err := models.Open(ctx, o)
	return store, explained(err, d.Data)
}

// options say which database it is.
func (d dataFlags) options() (models.Options, error) {
	url, err := d.url()
	return models.Options{Path: filepath.Join(d.Data, models.DatabaseFile), URL: url}, err
}

// url is that of the PostgreSQL database; "" for the file in the data folder.
func (d dataFlags) url() (string, error) {
	if d.DatabaseURLFile == "" {
		return d.DatabaseURL, nil
	}
	if d.DatabaseURL != "" {
		return "", usagef("--database-url and --database-url-file are both set: set one of them")
	}
	return secret(func(string) string { return "" }, "database-url", d.DatabaseURLFile)
}

// prepare makes the data folder and returns the server key.
func (d dataFlags) prepare(p *program) ([]byte, error) {
	if err := makeFolder(d.Data); err != nil {
		return nil, err
	}
	given, err := secret(p.getenv, "server-key", d.ServerKeyFile)
	if err != nil {
		return nil, err
	}
	if given != "" {
		return models.ParseServerKey(given)
	}
	key, _, err := models.LoadServerKey(d.Data)
	return key, err
}

// makeFolder makes dir, for nobody but its owner, unless it is there already.
func makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return fmt.Errorf("the data folder %s cannot be made: a file is in its way; choose another folder with --data", dir)
	case models.IsDenied(err):
		return explained(fmt.Errorf("the data folder %s cannot be made: %w", dir, err), dir)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("the data folder %s cannot be made: the disk is full", dir)
	default:
		return fmt.Errorf("the data folder %s cannot be made: %w", dir, err)
	}
}
