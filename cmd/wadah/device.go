package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"wadah/handlers/audit"
	"wadah/models"
)

type deviceCmd struct {
	Add  deviceAddCmd  `cmd:"" help:"Add a device and print its API key."`
	List deviceListCmd `cmd:"" help:"List the devices."`
	Key  deviceKeyCmd  `cmd:"" help:"Print the API key of a device."`
}

type deviceAddCmd struct {
	dataFlags `embed:""`
	Name      string `arg:"" help:"Name of the new device, up to 60 characters."`
	JSON      bool   `help:"Print JSON." name:"json"`
}

type deviceListCmd struct {
	dataFlags `embed:""`
	JSON      bool `help:"Print JSON." name:"json"`
}

type deviceKeyCmd struct {
	dataFlags `embed:""`
	Name      string `arg:"" help:"Name of the device."`
	JSON      bool   `help:"Print JSON." name:"json"`
}

// deviceKeyOut is what add and key print as JSON.
type deviceKeyOut struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	APIKey string `json:"apiKey"`
}

// Run adds a device. A server that runs on the same folder needs no restart.
func (c *deviceAddCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	store, err := c.openInstallation(ctx, p, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	device, key, err := store.CreateDevice(ctx, c.Name)
	if err != nil {
		return err
	}
	if err := noteDevice(ctx, store, audit.DeviceCreate, device.ID); err != nil {
		return err
	}
	if err := store.NoteViews(ctx, models.Viewer{ID: models.ViewerCLI}, key.ID); err != nil {
		return err
	}
	out := deviceKeyOut{ID: device.ID, Name: device.Name, APIKey: key.Value}
	if c.JSON {
		return writeJSON(p.stdout, out)
	}
	_, err = fmt.Fprintf(p.stdout, "Device %s added.\nAPI key: %s\n", out.Name, out.APIKey)
	return err
}

// deviceOut is one device of list as JSON.
type deviceOut struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	On        bool      `json:"on"`
	Default   bool      `json:"default"`
	JID       string    `json:"jid"`
	CreatedAt time.Time `json:"createdAt"`
}

// Run lists what is stored. The live state of a device is known to the running
// server alone: ask its API for that.
func (c *deviceListCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	store, err := c.openInstallation(ctx, p, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	devices, err := store.Devices(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		out := make([]deviceOut, 0, len(devices))
		for _, d := range devices {
			out = append(out, deviceOut{ID: d.ID, Name: d.Name, On: d.Desired, Default: d.Default, JID: d.JID, CreatedAt: d.CreatedAt})
		}
		return writeJSON(p.stdout, out)
	}
	return writeDevices(p.stdout, devices)
}

func writeDevices(w io.Writer, devices []models.Device) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tID\tON\tLINKED TO")
	for _, d := range devices {
		on, jid := "no", "-"
		if d.Desired {
			on = "yes"
		}
		if d.JID != "" {
			jid = d.JID
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", d.Name, d.ID, on, jid)
	}
	return table.Flush()
}

// Run prints the newest key of a device that still works.
func (c *deviceKeyCmd) Run(ctx context.Context, p *program, log *slog.Logger) (err error) {
	store, err := c.openInstallation(ctx, p, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	device, err := store.DeviceByName(ctx, c.Name)
	if errors.Is(err, models.ErrNotFound) {
		return fmt.Errorf("there is no device named %q: \"wadah device list\" shows those there are", c.Name)
	}
	if err != nil {
		return err
	}
	keys, err := store.Keys(ctx, device.ID)
	if err != nil {
		return err
	}
	newest, ok := newestKey(keys, time.Now())
	if !ok {
		return fmt.Errorf("device %s has no API key that still works: make a new one in the panel", device.Name)
	}
	value, err := store.RevealKey(ctx, newest.ID)
	if err != nil {
		return err
	}
	if err := noteDevice(ctx, store, audit.KeyReveal, device.ID); err != nil {
		return err
	}
	if err := store.NoteViews(ctx, models.Viewer{ID: models.ViewerCLI}, newest.ID); err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, deviceKeyOut{ID: device.ID, Name: device.Name, APIKey: value})
	}
	_, err = fmt.Fprintln(p.stdout, value)
	return err
}

func newestKey(keys []models.APIKey, now time.Time) (newest models.APIKey, ok bool) {
	for _, k := range keys {
		if k.RevokedAt != nil || (k.ExpiresAt != nil && !k.ExpiresAt.After(now)) {
			continue
		}
		if !ok || k.CreatedAt.After(newest.CreatedAt) {
			newest, ok = k, true
		}
	}
	return newest, ok
}

// noteDevice writes down what was done to a device on the machine.
func noteDevice(ctx context.Context, store *models.Store, action audit.Action, deviceID string) error {
	return store.AddAudit(ctx, audit.Entry(audit.CLI, action, deviceID, ""))
}
