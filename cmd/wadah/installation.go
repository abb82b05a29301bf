package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"wadah/models"
)

// openInstallation opens the database of the installation that a command is for. It makes
// none: a device added in the wrong folder would be one that no server knows.
func (d dataFlags) openInstallation(ctx context.Context, p *program, log *slog.Logger) (*models.Store, error) {
	if url, err := d.url(); err != nil || url != "" {
		if err != nil {
			return nil, err
		}
		return d.open(ctx, p, log, true)
	}
	if err := d.findInstallation(); err != nil {
		return nil, err
	}
	return d.open(ctx, p, log, false)
}

// findInstallation refuses a folder without a database.
func (d dataFlags) findInstallation() error {
	for _, name := range models.DatabaseFiles() {
		if _, err := os.Lstat(filepath.Join(d.Data, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil // it is there, or cannot be used, of which opening it says more
		}
	}
	said := fmt.Sprintf("there is no Wadah installation in %s: name its folder with --data", d.Data)
	if others := neighbours(d.Data); len(others) > 0 {
		return fmt.Errorf("%s, such as --data %s", said, strings.Join(others, " or --data "))
	}
	return fmt.Errorf("%s; \"wadah serve\" makes a new one", said)
}

// beside is the command line that runs a command on the same folder in a second terminal,
// whatever folder that is in.
func (d dataFlags) beside(command ...string) string {
	words := append([]string{thisProgram()}, command...)
	words = append(words, "--data", shellWord(d.Data))
	if d.ServerKeyFile != "" {
		words = append(words, "--server-key-file", shellWord(d.ServerKeyFile))
	}
	return strings.Join(words, " ")
}

// neighbours are folders around dir that hold an installation, as a shell reads them; at
// most three.
func neighbours(dir string) []string {
	around := filepath.Dir(dir)
	entries, _ := os.ReadDir(around) // what cannot be read is not suggested
	folders := []string{around}
	for _, e := range entries {
		folders = append(folders, filepath.Join(around, e.Name()))
	}
	var out []string
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, models.DatabaseFile)); err == nil && len(out) < 3 {
			out = append(out, shellWord(folder))
		}
	}
	return out
}
