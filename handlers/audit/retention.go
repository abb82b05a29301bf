package audit

import (
	"context"
	"errors"
	"strconv"
	"time"

	"wadah/models"
)

const (
	// RetentionSetting is how many days audit entries are kept; 0 for ever.
	RetentionSetting = "audit_retention_days"
	// retentionDays is how long when nobody has said.
	retentionDays = 365
	// MinRetention is how few days may be said.
	MinRetention = int(models.MinAuditAge / (24 * time.Hour))
	// MaxRetention is how many.
	MaxRetention = 36500
)

// Retention is how many days audit entries are kept; 0 for ever.
func Retention(ctx context.Context, store *models.Store) (days int, err error) {
	text, err := store.Setting(ctx, RetentionSetting)
	if errors.Is(err, models.ErrNotFound) {
		return retentionDays, nil
	}
	if err != nil {
		return 0, err
	}
	if days, err = strconv.Atoi(text); err != nil || days < 0 {
		return retentionDays, nil //nolint:nilerr // what we never stored counts as not set
	}
	return days, nil
}

// Sweep removes the audit entries that are older than the installation keeps
// them. Call it once a day or so.
func Sweep(ctx context.Context, store *models.Store) error {
	days, err := Retention(ctx, store)
	if err != nil || days == 0 {
		return err
	}
	_, err = store.SweepAudit(ctx, time.Duration(days)*24*time.Hour)
	return err
}
