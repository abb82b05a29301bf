package whatsapp

import (
	"context"
	"time"
)

const (
	// bufferLife is how long WhatsApp repeats what was not acknowledged; the library keeps
	// the hashes of what it has decrypted as long, and sweeps only while messages come.
	bufferLife = 14 * 24 * time.Hour
	// sentLife is how long recipients ask again for what they could not decrypt.
	sentLife = 7 * 24 * time.Hour

	sweepBufferQuery = `DELETE FROM whatsmeow_event_buffer WHERE insert_timestamp < $1`
	sweepSentQuery   = `DELETE FROM whatsmeow_retry_buffer WHERE timestamp < $1`
)

// Sweep deletes what the library has stored and does not need any more, of all devices,
// connected or not. What it holds beside that grows with the people and groups an
// account knows, not with its messages.
func (d *Driver) Sweep(ctx context.Context) error {
	now := time.Now()
	for _, sweep := range []struct {
		query string
		life  time.Duration
	}{
		{sweepKeysQuery, secretLife}, {sweepBufferQuery, bufferLife}, {sweepSentQuery, sentLife},
	} {
		if _, err := d.store.db.Exec(ctx, sweep.query, now.Add(-sweep.life).UnixMilli()); err != nil {
			return storage(ctx, "sweeping the library's tables", err)
		}
	}
	return nil
}
