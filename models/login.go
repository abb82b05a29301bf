package models

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Login is one browser signed in to the panel.
type Login struct {
	ID        string
	UserID    string
	CreatedAt time.Time
	SeenAt    time.Time
	ProvenAt  time.Time // when the password or a passkey was given as it was opened
	ExpiresAt time.Time
	Address   string // from where it was opened, at most 64 characters
	UserAgent string // by which browser, at most 300
}

type loginRow struct {
	ID        string `gorm:"primaryKey"`
	TokenHash string // SHA-256 of the token, hexadecimal: the table opens no panel
	UserID    string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	SeenAt    int64
	ProvenAt  int64
	ExpiresAt int64
	// EndedAt marks a login that was ended. The row stays until it would have
	// expired, for a request that began before and is answered after must not bring
	// the login back to life.
	EndedAt   *int64
	Address   string
	UserAgent string
}

func (loginRow) TableName() string { return "logins" }

func (r loginRow) login() Login {
	return Login{
		ID: r.ID, UserID: r.UserID, Address: r.Address, UserAgent: r.UserAgent,
		CreatedAt: fromMilli(r.CreatedAt), SeenAt: fromMilli(r.SeenAt), ProvenAt: fromMilli(r.ProvenAt), ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// tokenBytes is how long the secret of a login is.
const tokenBytes = 32

// OpenLogin opens a login of l's user, from l's address and browser, that was proven then and
// expires then, and returns its token, which nobody can find again. Of a user who was deleted
// meanwhile the token opens nothing.
func (s *Store) OpenLogin(ctx context.Context, l Login) (token string, err error) {
	secret := make([]byte, tokenBytes)
	_, _ = rand.Read(secret) // never fails
	token = base64.RawURLEncoding.EncodeToString(secret)
	now := s.now()
	err = s.write(ctx).Create(&loginRow{
		ID: s.ids.next(now), TokenHash: tokenHash(token), UserID: l.UserID,
		CreatedAt: now.UnixMilli(), SeenAt: now.UnixMilli(), ProvenAt: l.ProvenAt.UnixMilli(), ExpiresAt: l.ExpiresAt.UnixMilli(),
		Address: rules.Clip(l.Address, 64), UserAgent: rules.Clip(l.UserAgent, 300),
	}).Error
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return token, nil
	}
	return token, wrap(ctx, "store login", err)
}

// validLogins are the logins of q that are neither ended nor expired.
func (s *Store) validLogins(q *gorm.DB) *gorm.DB {
	return q.Where("ended_at IS NULL AND expires_at > ?", s.nowMilli())
}

// Login is the login with a token that is neither ended nor expired; ErrNotFound when there
// is none. It counts as a use.
func (s *Store) Login(ctx context.Context, token string) (Login, error) {
	hash := tokenHash(token)
	var row loginRow
	err := s.validLogins(s.read(ctx)).Where("token_hash = ?", hash).Take(&row).Error
	if err != nil {
		return Login{}, wrap(ctx, "find login", err)
	}
	s.used.login(hash, s.now())
	return row.login(), nil
}

// ExtendLogin moves the time at which a login expires, unless it has ended.
func (s *Store) ExtendLogin(ctx context.Context, id string, expires time.Time) error {
	err := s.validLogins(s.write(ctx).Model(&loginRow{})).Where("id = ?", id).Update("expires_at", expires.UnixMilli()).Error
	return wrap(ctx, "extend login", err)
}

// Logins are a user's logins that are neither ended nor expired, the newest first.
func (s *Store) Logins(ctx context.Context, userID string) ([]Login, error) {
	var rows []loginRow
	if err := s.validLogins(s.read(ctx)).Where("user_id = ?", userID).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list logins", err)
	}
	logins := make([]Login, 0, len(rows))
	for _, r := range rows {
		login := r.login()
		// What is in memory is newer than the table.
		if at, ok := s.used.loginUse(r.TokenHash); ok && at.After(login.SeenAt) {
			login.SeenAt = at
		}
		logins = append(logins, login)
	}
	return logins, nil
}

// EndLogin ends the login with a token; an unknown token is no error.
func (s *Store) EndLogin(ctx context.Context, token string) error {
	return wrap(ctx, "end login", s.endLogins(s.write(ctx).Where("token_hash = ?", tokenHash(token))))
}

// EndLoginOf ends one login of a user; ErrNotFound when there is none with this ID.
func (s *Store) EndLoginOf(ctx context.Context, userID, loginID string) error {
	var n int64
	err := s.read(ctx).Model(&loginRow{}).
		Where("id = ? AND user_id = ? AND ended_at IS NULL", loginID, userID).Count(&n).Error
	if err == nil && n == 0 {
		return faultf(ErrNotFound, nil, "there is no such login")
	}
	if err == nil {
		err = s.endLogins(s.write(ctx).Where("id = ? AND user_id = ?", loginID, userID))
	}
	return wrap(ctx, "end login", err)
}

// EndLoginsOf ends all logins of a user.
func (s *Store) EndLoginsOf(ctx context.Context, userID string) error {
	return wrap(ctx, "end logins", s.endLogins(s.write(ctx).Where("user_id = ?", userID)))
}

// MaxLogins is how many logins a user may have.
const MaxLogins = 100

// BoundLogins ends the logins of a user that were not used for longest, so that MaxLogins
// are left, and returns how many it ended.
func (s *Store) BoundLogins(ctx context.Context, userID string) (ended int, err error) {
	err = s.tx(ctx, "end logins", func(tx *gorm.DB) error {
		var over []string
		err := s.validLogins(tx.Model(&loginRow{})).Where("user_id = ?", userID).
			Order("seen_at DESC, id DESC").Limit(1000).Offset(MaxLogins).Pluck("id", &over).Error
		if err != nil || len(over) == 0 {
			return err
		}
		ended = len(over)
		return s.endLogins(tx.Where("id IN ?", over))
	})
	return ended, err
}

// endLogins ends the logins that q chooses.
func (s *Store) endLogins(q *gorm.DB) error {
	return q.Model(&loginRow{}).Where("ended_at IS NULL").Update("ended_at", s.nowMilli()).Error
}

// SweepLogins removes the rows of expired logins and returns how many there were.
// The caller runs it every hour or so; nothing depends on it but the size of the
// table.
func (s *Store) SweepLogins(ctx context.Context) (int64, error) {
	res := s.write(ctx).Where("expires_at <= ?", s.nowMilli()).Delete(&loginRow{})
	return res.RowsAffected, wrap(ctx, "sweep logins", res.Error)
}
