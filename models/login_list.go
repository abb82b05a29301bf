package models

import (
	"context"

	"gorm.io/gorm"
)

// List returns a user's logins that are neither ended nor expired, the newest
// first.
func (l *LoginStore) List(ctx context.Context, userID string) ([]Login, error) {
	var rows []loginRow
	err := l.s.read(ctx).Omit("data").
		Where("user_id = ? AND ended_at IS NULL AND expires_at > ?", userID, l.s.nowMilli()).
		Order("id DESC").Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "list logins", err)
	}
	logins := make([]Login, 0, len(rows))
	for _, r := range rows {
		login := Login{
			ID: r.ID, UserID: userID, Address: r.Address, UserAgent: r.UserAgent,
			CreatedAt: fromMilli(r.CreatedAt), SeenAt: fromMilli(r.SeenAt), ExpiresAt: fromMilli(r.ExpiresAt),
		}
		// What is in memory is newer than the table.
		if at, ok := l.s.used.loginUse(r.TokenHash); ok && at.After(login.SeenAt) {
			login.SeenAt = at
		}
		logins = append(logins, login)
	}
	return logins, nil
}

// End ends one login of a user; ErrNotFound when there is none with this ID.
func (l *LoginStore) End(ctx context.Context, userID, loginID string) error {
	var n int64
	err := l.s.read(ctx).Model(&loginRow{}).
		Where("id = ? AND user_id = ? AND ended_at IS NULL", loginID, userID).Count(&n).Error
	if err == nil && n == 0 {
		return faultf(ErrNotFound, nil, "there is no such login")
	}
	if err == nil {
		err = l.s.endLogins(l.s.write(ctx).Where("id = ? AND user_id = ?", loginID, userID))
	}
	return wrap(ctx, "end login", err)
}

// MaxLogins is how many logins a user may have.
const MaxLogins = 100

// EndBeyond ends the logins of a user that were not used for longest, so that MaxLogins
// are left, and returns how many it ended.
func (l *LoginStore) EndBeyond(ctx context.Context, userID string) (ended int, err error) {
	err = l.s.tx(ctx, "end logins", func(tx *gorm.DB) error {
		var over []string
		err := tx.Model(&loginRow{}).Where("user_id = ? AND ended_at IS NULL AND expires_at > ?", userID, l.s.nowMilli()).
			Order("seen_at DESC, id DESC").Limit(1000).Offset(MaxLogins).Pluck("id", &over).Error
		if err != nil || len(over) == 0 {
			return err
		}
		ended = len(over)
		return l.s.endLogins(tx.Where("id IN ?", over))
	})
	return ended, err
}

// EndUser ends all logins of a user.
func (l *LoginStore) EndUser(ctx context.Context, userID string) error {
	return wrap(ctx, "end logins", l.s.endLogins(l.s.write(ctx).Where("user_id = ?", userID)))
}

// endLogins ends the logins that q chooses.
func (s *Store) endLogins(q *gorm.DB) error {
	return q.Model(&loginRow{}).Where("ended_at IS NULL").
		Updates(map[string]any{"ended_at": s.nowMilli(), "data": nil}).Error
}

// SweepLogins removes the rows of expired logins and returns how many there were.
// The caller runs it every hour or so; nothing depends on it but the size of the
// table.
func (s *Store) SweepLogins(ctx context.Context) (int64, error) {
	res := s.write(ctx).Where("expires_at <= ?", s.nowMilli()).Delete(&loginRow{})
	return res.RowsAffected, wrap(ctx, "sweep logins", res.Error)
}
