package models

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// SystemSecret opens the list of devices to a program (the system API). There may be
// two for a while, when one has been rotated with an overlap.
type SystemSecret struct {
	ID        string
	Value     string // the plain secret, 32 lowercase hexadecimal digits; only from RotateSystemSecret
	CreatedAt time.Time
	ExpiresAt *time.Time // nil: never
}

type systemSecretRow struct {
	ID        string `gorm:"primaryKey"`
	Lookup    string
	Sealed    []byte
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt *int64
	RevokedAt *int64
}

func (systemSecretRow) TableName() string { return "system_secrets" }

const purposeSystemSecret = "system-secret"

// whileValid chooses the rows that are valid at a time in Unix milliseconds.
const whileValid = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"

// RotateSystemSecret makes a new secret, which is the way to create the first one as
// well. Those before stay valid for overlap; 0 ends them at once.
func (s *Store) RotateSystemSecret(ctx context.Context, overlap time.Duration) (SystemSecret, error) {
	if overlap < 0 || overlap > MaxKeyOverlap {
		return SystemSecret{}, rules.Refuse("overlap", "overlap_invalid", "The old secret can stay valid for 0 to 30 days.")
	}
	now := s.now()
	value := randomHex()
	sum := s.vault.KeyHash(value)
	row := systemSecretRow{ID: s.ids.next(now), Lookup: hex.EncodeToString(sum[:]), CreatedAt: now.UnixMilli()}
	var err error
	if row.Sealed, err = s.vault.Seal(purposeSystemSecret, row.ID, value); err != nil {
		return SystemSecret{}, err
	}
	defer s.secrets.reset()
	doing := "rotate system secret"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		until := now.Add(overlap).UnixMilli()
		old := tx.Model(&systemSecretRow{}).Where("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", until)
		if err := old.Update("expires_at", until).Error; err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return SystemSecret{}, err
	}
	return SystemSecret{ID: row.ID, Value: value, CreatedAt: fromMilli(row.CreatedAt)}, nil
}

// SystemSecrets returns the valid secrets, newest first, without their values.
func (s *Store) SystemSecrets(ctx context.Context) ([]SystemSecret, error) {
	var rows []systemSecretRow
	if err := s.read(ctx).Where(whileValid, s.nowMilli()).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list system secrets", err)
	}
	secrets := make([]SystemSecret, 0, len(rows))
	for _, r := range rows {
		secrets = append(secrets, SystemSecret{ID: r.ID, CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilliPtr(r.ExpiresAt)})
	}
	return secrets, nil
}

// RevealSystemSecret returns the plain value of a valid secret; ErrNotFound when
// there is none with this ID.
func (s *Store) RevealSystemSecret(ctx context.Context, id string) (string, error) {
	var row systemSecretRow
	if err := s.read(ctx).Where("id = ?", id).Where(whileValid, s.nowMilli()).Take(&row).Error; err != nil {
		return "", wrap(ctx, "reveal system secret", err)
	}
	return s.vault.Unseal(purposeSystemSecret, row.ID, row.Sealed)
}

// RevokeSystemSecrets ends all secrets at once: the system API is off.
func (s *Store) RevokeSystemSecrets(ctx context.Context) error {
	defer s.secrets.reset()
	err := s.write(ctx).Model(&systemSecretRow{}).Where("revoked_at IS NULL").
		Updates(map[string]any{"revoked_at": s.nowMilli(), "sealed": nil}).Error
	return s.settle(ctx, "revoke system secrets", wrap(ctx, "revoke system secrets", err))
}

// CheckSystemSecret reports whether value is a valid secret, and whether one is set
// at all: without one the system API is off.
func (s *Store) CheckSystemSecret(ctx context.Context, value string) (valid, set bool, err error) {
	now := s.now()
	known, err := s.secrets.get(now, func() (map[string]*int64, error) { return s.loadSecrets(ctx) })
	if err != nil {
		return false, false, err
	}
	at := now.UnixMilli()
	for _, expires := range known {
		set = set || expires == nil || *expires > at
	}
	if !wellFormedKey(value) {
		return false, set, nil
	}
	sum := s.vault.KeyHash(value)
	// The table is keyed by a keyed hash, so how the look-up takes its time tells nothing.
	expires, found := known[hex.EncodeToString(sum[:])]
	return found && (expires == nil || *expires > at), set, nil
}

func (s *Store) loadSecrets(ctx context.Context) (map[string]*int64, error) {
	var rows []systemSecretRow
	if err := s.read(ctx).Select("lookup", "expires_at").Where(whileValid, s.nowMilli()).Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "check system secret", err)
	}
	known := make(map[string]*int64, len(rows))
	for _, r := range rows {
		known[r.Lookup] = r.ExpiresAt
	}
	return known, nil
}

// secretCache remembers the valid secrets for trustFor, as keyCache does keys.
type secretCache struct {
	mu    sync.Mutex
	known map[string]*int64
	at    time.Time
}

func (c *secretCache) get(now time.Time, load func() (map[string]*int64, error)) (map[string]*int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.at); c.known != nil && age >= 0 && age < trustFor {
		return c.known, nil
	}
	known, err := load()
	if err != nil {
		return nil, err
	}
	c.known, c.at = known, now
	return known, nil
}

func (c *secretCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
}
