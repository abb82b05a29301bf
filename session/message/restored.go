package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wadah/models"
)

// Restored takes up that the database is an older copy: what waits to be sent may have been
// sent since, so it fails with RefusedRestored. Sessions that were used since are forgotten,
// and so is what an account's groups were and what WhatsApp forbade it.
// Nothing may run on the store. It may be repeated.
func Restored(ctx context.Context, store *models.Store) error {
	if err := store.ForgetRatchets(ctx); err != nil {
		return err
	}
	if err := store.ForgetAccounts(ctx); err != nil {
		return err
	}
	devices, err := store.Lanes(ctx)
	if err != nil {
		return err
	}
	var o Outbox
	for _, id := range devices {
		for {
			m, err := store.NextSend(ctx, id)
			if errors.Is(err, models.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			a := o.ending(m.Message, models.StatusFailed, RefusedRestored, 0, time.Now())
			if _, err := store.Accept(ctx, []models.Arrival{a}); err != nil {
				return fmt.Errorf("end what waited to be sent: %w", err)
			}
		}
	}
	return nil
}
