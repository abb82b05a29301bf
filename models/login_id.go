package models

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// ID is the ID, as List gives it, of the login with this token; "" when there is none.
func (l *LoginStore) ID(ctx context.Context, token string) (string, error) {
	var row loginRow
	err := l.s.read(ctx).Select("id").Where("token_hash = ? AND ended_at IS NULL", tokenHash(token)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", nil
	}
	return row.ID, wrap(ctx, "find login", err)
}
