package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wadah/handlers/audit"
	"wadah/models"
	"wadah/session"
	"wadah/session/whatsapp"
)

// How often the server looks after what nobody asks for.
const (
	syncEvery  = 3 * time.Second  // devices that "wadah device add" made beside us
	usageEvery = 30 * time.Second // when keys and logins were last used
	sweepEvery = time.Hour        // what is older than it is kept: logins, audit entries, messages and events, what the library stored
)

// upkeep does the chores of a running server until stop is called, which waits for
// the one that is running. A chore that fails is logged and tried again next time.
func upkeep(ctx context.Context, store *models.Store, driver *whatsapp.Driver, manager *session.Manager, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	every := func(period time.Duration, name string, chore func(context.Context) error) {
		running.Go(func() {
			ticker := time.NewTicker(period)
			defer ticker.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				}
				if err := chore(ctx); err != nil && ctx.Err() == nil {
					log.Warn("upkeep failed", "chore", name, "err", err)
				}
			}
		})
	}
	every(syncEvery, "devices", manager.Sync)
	every(usageEvery, "usage", store.FlushUsage)
	every(sweepEvery, "logins", func(ctx context.Context) error {
		_, err := store.SweepLogins(ctx)
		return err
	})
	every(sweepEvery, "messages", func(ctx context.Context) error {
		r, err := store.Retention(ctx)
		if err != nil {
			return err
		}
		_, err = store.SweepMessages(ctx, r)
		return err
	})
	every(sweepEvery, "library", driver.Sweep)
	every(sweepEvery, "views of secrets", func(ctx context.Context) error {
		_, err := store.SweepSecretViews(ctx)
		return err
	})
	every(sweepEvery, "audit", func(ctx context.Context) error { return audit.Sweep(ctx, store) })
	return func() {
		cancel()
		running.Wait()
	}
}
