package models

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
	"wadah/models/vault"
)

// firstKeyName is the name of the key that a device is born with.
const firstKeyName = "main"

// APIKey opens one device to a program.
type APIKey struct {
	ID       string
	DeviceID string
	Name     string
	// Value is the key itself, 32 lowercase hexadecimal digits; only CreateDevice,
	// CreateKey and ReplaceKeys fill it in.
	Value      string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	// LastAddress is from where a program used it last; "" when that is not known.
	LastAddress string
	// Calls and Errors count the calls of today, in UTC, and those of them that failed.
	Calls, Errors int64
	ExpiresAt     *time.Time // nil: never
	RevokedAt     *time.Time // nil: valid
	Rights        Rights
}

// Opens reports whether the key opens its device at a time.
func (k APIKey) Opens(at time.Time) bool {
	return k.RevokedAt == nil && (k.ExpiresAt == nil || at.Before(*k.ExpiresAt))
}

// Replaces reports whether other was replaced by the key: which is newer, of the same name,
// and valid for longer.
func (k APIKey) Replaces(other APIKey) bool {
	return k.Name == other.Name && k.ID > other.ID && k.RevokedAt == nil &&
		(k.ExpiresAt == nil || other.ExpiresAt != nil && k.ExpiresAt.After(*other.ExpiresAt))
}

// OldestKey is the oldest of a device's keys that opens it at a time; nil when there is none.
func OldestKey(keys []APIKey, at time.Time) *APIKey {
	for i, k := range keys {
		if k.Opens(at) {
			return &keys[i]
		}
	}
	return nil
}

// LogValue keeps the key out of logs, as String and GoString do.
func (k APIKey) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", k.ID), slog.String("device", k.DeviceID))
}

// String names the key without revealing it.
func (k APIKey) String() string { return fmt.Sprintf("API key %s of device %s", k.ID, k.DeviceID) }

// GoString is String.
func (k APIKey) GoString() string { return k.String() }

type apiKeyRow struct {
	ID          string `gorm:"primaryKey"`
	DeviceID    string
	Name        string
	Lookup      string // HMAC-SHA256 of the value, hexadecimal
	Sealed      []byte // the value under AES-256-GCM; empty once revoked
	CreatedAt   int64  `gorm:"autoCreateTime:false"`
	LastUsedAt  *int64
	LastAddress string
	CountedDay  int64 // that Calls and Errors are of: since 1970, in UTC
	Calls       int64
	Errors      int64
	ExpiresAt   *int64
	RevokedAt   *int64
	Scopes      string
	Networks    string
}

func (apiKeyRow) TableName() string { return "api_keys" }

func (r apiKeyRow) key() APIKey {
	return APIKey{
		ID: r.ID, DeviceID: r.DeviceID, Name: r.Name,
		CreatedAt: fromMilli(r.CreatedAt), LastUsedAt: fromMilliPtr(r.LastUsedAt),
		LastAddress: r.LastAddress, Calls: r.Calls, Errors: r.Errors,
		ExpiresAt: fromMilliPtr(r.ExpiresAt), RevokedAt: fromMilliPtr(r.RevokedAt), Rights: rightsOf(r.Scopes, r.Networks),
	}
}

// randomHex is a secret of 128 random bits as 32 lowercase hexadecimal digits.
func randomHex() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// newKey makes a key of 128 random bits and the row that stores it. Name is clean.
func (s *Store) newKey(deviceID, name string, expires *time.Time, rights Rights) (apiKeyRow, APIKey, error) {
	value := randomHex()
	now := s.now()
	sum := s.vault.KeyHash(value)
	row := apiKeyRow{
		ID: s.ids.next(now), DeviceID: deviceID, Name: name,
		Lookup: hex.EncodeToString(sum[:]), CreatedAt: now.UnixMilli(), ExpiresAt: milliPtr(expires),
	}
	row.Scopes, row.Networks = rights.columns()
	var err error
	if row.Sealed, err = s.vault.Seal(vault.ForKeys, row.ID, value); err != nil {
		return apiKeyRow{}, APIKey{}, err
	}
	key := row.key()
	key.Value = value
	return row, key, nil
}

func (s *Store) checkNewKey(name string, expires *time.Time) (string, error) {
	if expires != nil && !expires.After(s.now()) {
		return "", rules.Refuse("expires", "expires_past", "The expiry must be in the future.")
	}
	return rules.Name(name)
}

// CreateKey adds a key to a device; expires nil for never. The key's Value is the
// plain key. ErrNotFound when there is no such device, an *Invalid when it has MaxKeys.
func (s *Store) CreateKey(ctx context.Context, deviceID, name string, expires *time.Time, rights Rights) (APIKey, error) {
	name, err := s.checkNewKey(name, expires)
	if err != nil {
		return APIKey{}, err
	}
	row, key, err := s.newKey(deviceID, name, expires, rights)
	if err != nil {
		return APIKey{}, err
	}
	doing := "create key"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error { return s.addKey(tx, row) })
	if err := s.settle(ctx, doing, err); err != nil {
		return APIKey{}, err
	}
	return key, nil
}

// ReplaceKeys gives a device one new key and revokes all others, both or neither.
func (s *Store) ReplaceKeys(ctx context.Context, deviceID, name string) (APIKey, error) {
	name, err := s.checkNewKey(name, nil)
	if err != nil {
		return APIKey{}, err
	}
	row, key, err := s.newKey(deviceID, name, nil, Rights{})
	if err != nil {
		return APIKey{}, err
	}
	defer s.keys.reset()
	err = s.tx(ctx, "replace keys", func(tx *gorm.DB) error {
		err := tx.Model(&apiKeyRow{}).Where("device_id = ? AND revoked_at IS NULL", deviceID).
			Updates(s.revocation()).Error
		if err != nil {
			return err
		}
		return s.addKey(tx, row)
	})
	if err := s.settle(ctx, "replace keys", err); err != nil {
		return APIKey{}, err
	}
	return key, nil
}

// Keys returns the keys of a device, oldest first, the revoked and expired ones
// too. It is empty for an unknown device.
func (s *Store) Keys(ctx context.Context, deviceID string) ([]APIKey, error) {
	var rows []apiKeyRow
	err := s.read(ctx).Where("device_id = ?", deviceID).Order("id").Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "list keys", err)
	}
	keys := make([]APIKey, 0, len(rows))
	for _, row := range rows {
		k := row.key()
		use, used := s.used.keyUse(k.ID)
		today := dayOf(s.now())
		if row.CountedDay != today {
			k.Calls, k.Errors = 0, 0
		}
		if used && use.day == today {
			k.Calls, k.Errors = k.Calls+use.calls, k.Errors+use.errors
		}
		// What is in memory is newer than the table.
		if used && (k.LastUsedAt == nil || !use.at.Before(*k.LastUsedAt)) {
			k.LastUsedAt = &use.at
			if use.address != "" {
				k.LastAddress = use.address
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// RevealKey returns the plain value of a key that has not been revoked.
func (s *Store) RevealKey(ctx context.Context, keyID string) (string, error) {
	var row apiKeyRow
	err := s.read(ctx).Where("id = ? AND revoked_at IS NULL", keyID).Take(&row).Error
	if err != nil {
		return "", wrap(ctx, "reveal key", err)
	}
	return s.vault.Unseal(vault.ForKeys, row.ID, row.Sealed)
}

// RevokeKey ends a key at once and for good; its value is erased. ErrNotFound when
// there is none, or it was revoked before.
func (s *Store) RevokeKey(ctx context.Context, keyID string) error {
	// Also after an error: it may have been stored all the same.
	defer s.keys.reset()
	res := s.write(ctx).Model(&apiKeyRow{}).Where("id = ? AND revoked_at IS NULL", keyID).Updates(s.revocation())
	return s.settle(ctx, "revoke key", changed(ctx, "revoke key", res))
}

func (s *Store) revocation() map[string]any {
	return map[string]any{"revoked_at": s.nowMilli(), "sealed": nil}
}

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

// RotateKey makes a new key of the same name, expiry and rights for the same device. The
// old one stays valid for overlap (0: it is revoked at once), so that programs can
// be given the new one meanwhile. The new key's Value is the plain key. ErrNotFound
// when the old key is unknown, revoked or expired; an *Invalid when both cannot be valid
// because the device has MaxKeys.
func (s *Store) RotateKey(ctx context.Context, keyID string, overlap time.Duration) (APIKey, error) {
	if overlap < 0 || overlap > MaxKeyOverlap {
		return APIKey{}, rules.Refuse("overlap", "overlap_invalid", "The old key can stay valid for 0 to 30 days.")
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
		row, fresh, err := s.newKey(old.DeviceID, old.Name, fromMilliPtr(old.ExpiresAt), rightsOf(old.Scopes, old.Networks))
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

const (
	// MaxKeys is how many valid keys a device may have.
	MaxKeys = 50
	// keptKeys is how many keys that open nothing any more are kept for a device.
	keptKeys = 50
)

// addKey stores a new key unless the device has as many as it may have, and forgets the
// keys that ended longest ago.
func (s *Store) addKey(tx *gorm.DB, row apiKeyRow) error {
	var valid int64
	err := tx.Model(&apiKeyRow{}).Where("device_id = ?", row.DeviceID).Where(whileValid, row.CreatedAt).Count(&valid).Error
	if err != nil {
		return err
	}
	if valid >= MaxKeys {
		return rules.Refuse("name", "keys_too_many", "The device has 50 valid keys, which is the most. Revoke one first.")
	}
	var over []string
	err = tx.Model(&apiKeyRow{}).Where("device_id = ? AND NOT ("+whileValid+")", row.DeviceID, row.CreatedAt).
		Order("COALESCE(revoked_at, expires_at) DESC, id DESC").Limit(1000).Offset(keptKeys).Pluck("id", &over).Error
	if err != nil {
		return err
	}
	if len(over) > 0 {
		if err := tx.Where("id IN ?", over).Delete(&apiKeyRow{}).Error; err != nil {
			return err
		}
	}
	return tx.Create(&row).Error
}
