package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"wadah/models/rules"
)

// Keys under which the panel puts texts into a login (scs.SessionManager.Put). The
// store copies them into columns, for the list of logins.
const (
	LoginUserID    = "user_id"
	LoginAddress   = "address"
	LoginUserAgent = "user_agent"
)

// hashPrefix marks, in what AllCtx returns, the hash of a token in a token's place.
const hashPrefix = "sha256:"

// Login is one browser signed in to the panel.
type Login struct {
	ID        string
	UserID    string // empty before signing in
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	Address   string
	UserAgent string
}

type loginRow struct {
	ID        string  `gorm:"primaryKey"`
	TokenHash string  // SHA-256 of the token, hexadecimal: the table opens no panel
	UserID    *string //
	Data      []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	SeenAt    int64
	ExpiresAt int64
	// EndedAt marks a login that was ended. The row stays until it would have
	// expired, for a request that began before and commits after must not bring
	// the login back to life.
	EndedAt   *int64
	Address   string
	UserAgent string
}

func (loginRow) TableName() string { return "logins" }

// LoginStore keeps the panel's logins for scs.
type LoginStore struct {
	s *Store
}

var (
	_ scs.Store            = (*LoginStore)(nil)
	_ scs.CtxStore         = (*LoginStore)(nil)
	_ scs.IterableStore    = (*LoginStore)(nil)
	_ scs.IterableCtxStore = (*LoginStore)(nil)
)

// Logins returns the store for scs.SessionManager.Store.
func (s *Store) Logins() *LoginStore { return &LoginStore{s} }

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// knownHash is tokenHash, or the hash itself where AllCtx has given it. Only for
// changes: FindCtx must never accept a hash, or who reads the table is signed in.
func knownHash(token string) string {
	if hash, ok := strings.CutPrefix(token, hashPrefix); ok {
		return hash
	}
	return tokenHash(token)
}

// FindCtx returns the data of a login that is neither ended nor expired.
func (l *LoginStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	now, hash := l.s.now(), tokenHash(token)
	var row loginRow
	err = l.s.read(ctx).Select("data").
		Where("token_hash = ? AND ended_at IS NULL AND expires_at > ?", hash, now.UnixMilli()).
		Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, wrap(ctx, "find login", err)
	}
	l.s.used.login(hash, now)
	return row.Data, true, nil
}

// CommitCtx stores a login. A login that was ended stays ended (ended_at is not among
// what it updates), and one of a user who was deleted is dropped.
func (l *LoginStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	now := l.s.now()
	row := loginRow{
		ID: l.s.ids.next(now), TokenHash: knownHash(token), Data: data,
		CreatedAt: now.UnixMilli(), SeenAt: now.UnixMilli(), ExpiresAt: expiry.UnixMilli(),
	}
	row.describe(data)
	err := l.s.write(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "token_hash"}},
		DoUpdates: clause.AssignmentColumns([]string{
			"user_id", "data", "seen_at", "expires_at", "address", "user_agent",
		}),
	}).Create(&row).Error
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return nil
	}
	return wrap(ctx, "store login", err)
}

// describe fills the columns that are copied from the login's own values.
func (r *loginRow) describe(data []byte) {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return // another codec's data: the columns stay empty
	}
	text := func(key string, limit int) string {
		v, _ := values[key].(string)
		return rules.Clip(v, limit)
	}
	if id := text(LoginUserID, 26); id != "" {
		r.UserID = &id
	}
	r.Address = text(LoginAddress, 64)
	r.UserAgent = text(LoginUserAgent, 300)
}

// DeleteCtx ends a login; an unknown token is no error.
func (l *LoginStore) DeleteCtx(ctx context.Context, token string) error {
	err := l.s.endLogins(l.s.write(ctx).Where("token_hash = ?", knownHash(token)))
	return wrap(ctx, "end login", err)
}

// AllCtx returns the data of all logins that are neither ended nor expired. Tokens
// are not stored, so the keys are "sha256:" and the hash; DeleteCtx and CommitCtx
// take such a key in place of a token, FindCtx does not.
func (l *LoginStore) AllCtx(ctx context.Context) (map[string][]byte, error) {
	var rows []loginRow
	err := l.s.read(ctx).Select("token_hash", "data").
		Where("ended_at IS NULL AND expires_at > ?", l.s.nowMilli()).Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "list logins", err)
	}
	all := make(map[string][]byte, len(rows))
	for _, r := range rows {
		all[hashPrefix+r.TokenHash] = r.Data
	}
	return all, nil
}

// Find is FindCtx without a context, as scs.Store wants it; so are Commit, Delete
// and All.
func (l *LoginStore) Find(token string) (data []byte, found bool, err error) {
	return l.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (l *LoginStore) Commit(token string, data []byte, expiry time.Time) error {
	return l.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (l *LoginStore) Delete(token string) error {
	return l.DeleteCtx(context.Background(), token)
}

// All is AllCtx without a context.
func (l *LoginStore) All() (map[string][]byte, error) {
	return l.AllCtx(context.Background())
}

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

// ID is the ID, as List gives it, of the login with this token; "" when there is none.
func (l *LoginStore) ID(ctx context.Context, token string) (string, error) {
	var row loginRow
	err := l.s.read(ctx).Select("id").Where("token_hash = ? AND ended_at IS NULL", tokenHash(token)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", nil
	}
	return row.ID, wrap(ctx, "find login", err)
}
