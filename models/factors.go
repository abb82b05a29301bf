package models

import (
	"context"

	"gorm.io/gorm"
)

// RemoveFactors ends everything a user signs in with beside the password: the
// authenticator app, its recovery codes and all passkeys. It is for who has lost them.
func (s *Store) RemoveFactors(ctx context.Context, userID string) error {
	doing := "remove second factors"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		for _, row := range []any{&recoveryRow{}, &totpRow{}, &passkeyRow{}} {
			if err := tx.Where("user_id = ?", userID).Delete(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return s.settle(ctx, doing, err)
}
