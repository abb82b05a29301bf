package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"wadah/models"
	"wadah/session/whatsapp"
)

type moveCmd struct {
	Data          string `help:"Folder of the installation to copy." default:"./data" type:"path" placeholder:"DIR"`
	ServerKeyFile string `help:"File with the server key." type:"path" placeholder:"FILE"`
	To            string `help:"PostgreSQL database to copy to, which must be empty, such as postgres://wadah@localhost:5432/wadah. Other users of the machine can read a password given here: give it in the variable or the file." placeholder:"URL"`
	ToFile        string `help:"File with that URL." type:"path" placeholder:"FILE"`
}

// Run copies a stopped installation from its file to PostgreSQL. The source stays as it
// is, and the target gets everything or nothing, so it can be repeated.
func (c *moveCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	target := dataFlags{Data: c.Data, ServerKeyFile: c.ServerKeyFile, DatabaseURL: c.To, DatabaseURLFile: c.ToFile}
	url, err := target.url()
	switch {
	case err != nil:
		return usagef("--to and --to-file: name the database once, and in a file that can be read")
	case url == "":
		return usagef("--to: name the PostgreSQL database to copy to, such as --to postgres://wadah@localhost:5432/wadah")
	}
	source := dataFlags{Data: c.Data, ServerKeyFile: c.ServerKeyFile}
	if err := source.findInstallation(); err != nil {
		return err
	}
	unlock, err := lockFolder(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	from, err := source.open(ctx, p, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := target.open(ctx, p, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.Own(ctx); err != nil {
		return err
	}
	for _, store := range []*models.Store{from, to} {
		if err := whatsapp.Prepare(ctx, store.SQL(), store.Dialect()); err != nil {
			return err
		}
	}
	moved, err := models.Move(ctx, from, to)
	if err != nil {
		return err
	}
	said := "Copied %d rows of %d tables, and compared each with its copy.\n"
	if moved.Already {
		said = "Nothing to do: all %d rows of %d tables have been copied before, and are the same.\n"
	}
	_, err = fmt.Fprintf(p.stdout, said+
		"Now start Wadah with that URL in WADAH_DATABASE_URL, and the same --data: the server key stays there.\n"+
		"Never start it on the old file again: WhatsApp allows a link one owner. When all is well, move %s away.\n",
		moved.Rows, moved.Tables, shellWord(models.DatabaseFile))
	return err
}
