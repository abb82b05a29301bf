package models

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// MaxKeyOverlap is how long a rotated key may go on being valid at most.
const MaxKeyOverlap = 30 * 24 * time.Hour

// APIKey returns one key, without its value. ErrNotFound when there is none.
func (s *Store) APIKey(ctx context.Context, keyID string) (APIKey, error) {
	var row apiKeyRow
	if err := s.read(ctx).Where("id = ?", keyID).Take(&row).Error; err != nil {
		return APIKey{}, wrap(ctx, "read key", err)
	}
	return row.key(), nil
}

// RotateKey makes a new key of the same name and expiry for the same device. The
// old one stays valid for overlap (0: it is revoked at once), so that programs can
// be given the new one meanwhile. The new key's Value is the plain key. ErrNotFound
// when the old key is unknown, revoked or expired; an *Invalid when both cannot be valid
// because the device has MaxKeys.
func (s *Store) RotateKey(ctx context.Context, keyID string, overlap time.Duration) (APIKey, error) {
	if overlap < 0 || overlap > MaxKeyOverlap {
		return APIKey{}, invalid("overlap", "overlap_invalid", "The old key can stay valid for 0 to 30 days.")
	}
	now := s.now()
	defer s.keys.reset()
	doing := "rotate key"
	var key APIKey
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		var old apiKeyRow
		err := tx.Where("id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", keyID, now.UnixMilli()).
			Take(&old).Error
		if err != nil {
			return err
		}
		row, fresh, err := s.newKey(old.DeviceID, old.Name, fromMilliPtr(old.ExpiresAt))
		if err != nil {
			return err
		}
		end := s.revocation()
		if overlap > 0 {
			until := now.Add(overlap).UnixMilli()
			if old.ExpiresAt != nil {
				until = min(until, *old.ExpiresAt)
			}
			end = map[string]any{"expires_at": until}
		}
		if err := tx.Model(&apiKeyRow{}).Where("id = ?", old.ID).Updates(end).Error; err != nil {
			return err
		}
		key = fresh
		return s.addKey(tx, row)
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return APIKey{}, err
	}
	return key, nil
}
