package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"wadah/handlers/audit"
	"wadah/models"
)

type userCmd struct {
	Add    userAddCmd    `cmd:"" help:"Add a person who may sign in to the panel."`
	Passwd userPasswdCmd `cmd:"" help:"Give a person a new password."`
}

type userAddCmd struct {
	dataFlags     `embed:""`
	passwordFlags `embed:""`
	Name          string `arg:"" help:"Name to sign in with."`
	Role          string `help:"What the person may do: ${enum}." enum:"admin,operator,viewer" default:"admin"`
}

type userPasswdCmd struct {
	dataFlags         `embed:""`
	passwordFlags     `embed:""`
	Name              string `arg:"" help:"Name of the person."`
	ResetSecondFactor bool   `help:"Also remove the authenticator app, the recovery codes and all passkeys of the person, who then signs in with the new password alone."`
}

// Run adds a panel user.
func (c *userAddCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	if err := c.findInstallation(); err != nil { // before a password is asked for
		return err
	}
	password, err := c.read(p)
	if err != nil {
		return err
	}
	store, err := c.open(ctx, p, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	user, err := store.CreateUser(ctx, c.Name, password, c.Role)
	if err != nil {
		return err
	}
	if err := noteUser(ctx, store, audit.UserCreate, user); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "User %s added with the role %s.\n", user.Name, user.Role)
	return err
}

// Run replaces the password of a panel user.
func (c *userPasswdCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	if err := c.findInstallation(); err != nil { // before a password is asked for
		return err
	}
	password, err := c.read(p)
	if err != nil {
		return err
	}
	store, err := c.open(ctx, p, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	user, err := store.UserByName(ctx, c.Name)
	if errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("there is no user named %q", c.Name)
	}
	if err != nil {
		return err
	}
	if err := store.SetPassword(ctx, user.ID, password); err != nil {
		return err
	}
	if err := noteUser(ctx, store, audit.UserPassword, user); err != nil {
		return err
	}
	also := ""
	if c.ResetSecondFactor {
		if err := store.RemoveFactors(ctx, user.ID); err != nil {
			return err
		}
		if err := noteUser(ctx, store, audit.UserFactors, user); err != nil {
			return err
		}
		also = " and every second factor removed"
	}
	_, err = fmt.Fprintf(p.stdout, "The password of %s is changed%s.\n", user.Name, also)
	return err
}

// noteUser writes down what was done to a panel user on the machine.
func noteUser(ctx context.Context, store *models.Store, action audit.Action, user models.User) error {
	return store.AddAudit(ctx, audit.Entry(audit.CLI, action, "", user.Name))
}
