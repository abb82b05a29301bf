package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"wadah/models"
)

// endpoint is the WhatsApp service to use; the zero value is the real one.
type endpoint struct {
	url     string   // websocket URL of a simulated one
	rootKey [32]byte // its public root key
}

func (e endpoint) simulated() bool { return e.url != "" }

// identity names the service in a data folder. It does not contain the address:
// a simulated service keeps its root key but may change its port.
func (e endpoint) identity() string {
	if !e.simulated() {
		return realWhatsApp
	}
	return "simulated:" + hex.EncodeToString(e.rootKey[:])
}

const (
	endpointSetting = "whatsapp_service" // setting with the identity of the service
	realWhatsApp    = "whatsapp"
)

// rememberEndpoint refuses to use the links of one service with another one. The
// other service does not know those links and answers that they were removed,
// upon which they would be deleted: one careless start against the sandbox would
// unlink every device. A folder without linked devices may change sides.
func rememberEndpoint(ctx context.Context, store *models.Store, to endpoint) error {
	known, err := store.Setting(ctx, endpointSetting)
	if errors.Is(err, models.ErrNotFound) {
		known = ""
	} else if err != nil {
		return err
	}
	if known == to.identity() {
		return nil
	}
	if known != "" {
		linked, err := linkedDevices(ctx, store)
		if err != nil {
			return err
		}
		if linked > 0 {
			return mismatch(known, to, linked)
		}
	}
	return store.SetSetting(ctx, endpointSetting, to.identity())
}

func linkedDevices(ctx context.Context, store *models.Store) (int, error) {
	devices, err := store.Devices(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, d := range devices {
		if d.JID != "" {
			n++
		}
	}
	return n, nil
}

func mismatch(known string, to endpoint, linked int) error {
	const stop = "using it here would lose those links; choose another folder with --data"
	switch {
	case known == realWhatsApp:
		return fmt.Errorf("the data folder holds %d device(s) linked to the real WhatsApp and the simulated one was asked for: %s", linked, stop)
	case to.simulated():
		return fmt.Errorf("the data folder holds %d device(s) linked to a simulated WhatsApp with another root key: %s, or use that one's seed", linked, stop)
	default:
		return fmt.Errorf("the data folder holds %d device(s) linked to a simulated WhatsApp and the real one was asked for: %s", linked, stop)
	}
}
