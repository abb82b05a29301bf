package models

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
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
	ExpiresAt  *time.Time // nil: never
	RevokedAt  *time.Time // nil: valid
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
	ID         string `gorm:"primaryKey"`
	DeviceID   string
	Name       string
	Lookup     string // HMAC-SHA256 of the value, hexadecimal
	Sealed     []byte // the value under AES-256-GCM; empty once revoked
	CreatedAt  int64  `gorm:"autoCreateTime:false"`
	LastUsedAt *int64
	ExpiresAt  *int64
	RevokedAt  *int64
}

func (apiKeyRow) TableName() string { return "api_keys" }

func (r apiKeyRow) key() APIKey {
	return APIKey{
		ID: r.ID, DeviceID: r.DeviceID, Name: r.Name,
		CreatedAt: fromMilli(r.CreatedAt), LastUsedAt: fromMilliPtr(r.LastUsedAt),
		ExpiresAt: fromMilliPtr(r.ExpiresAt), RevokedAt: fromMilliPtr(r.RevokedAt),
	}
}

// randomHex is a secret of 128 random bits as 32 lowercase hexadecimal digits.
func randomHex() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// newKey makes a key of 128 random bits and the row that stores it. Name is clean.
func (s *Store) newKey(deviceID, name string, expires *time.Time) (apiKeyRow, APIKey, error) {
	value := randomHex()
	now := s.now()
	sum := s.vault.keyHash(value)
	row := apiKeyRow{
		ID: s.ids.next(now), DeviceID: deviceID, Name: name,
		Lookup: hex.EncodeToString(sum[:]), CreatedAt: now.UnixMilli(), ExpiresAt: milliPtr(expires),
	}
	var err error
	if row.Sealed, err = s.vault.seal(purposeKeySeal, row.ID, value); err != nil {
		return apiKeyRow{}, APIKey{}, err
	}
	key := row.key()
	key.Value = value
	return row, key, nil
}

func (s *Store) checkNewKey(name string, expires *time.Time) (string, error) {
	if expires != nil && !expires.After(s.now()) {
		return "", invalid("expires", "expires_past", "The expiry must be in the future.")
	}
	return cleanName(name)
}

// CreateKey adds a key to a device; expires nil for never. The key's Value is the
// plain key. ErrNotFound when there is no such device, an *Invalid when it has MaxKeys.
func (s *Store) CreateKey(ctx context.Context, deviceID, name string, expires *time.Time) (APIKey, error) {
	name, err := s.checkNewKey(name, expires)
	if err != nil {
		return APIKey{}, err
	}
	row, key, err := s.newKey(deviceID, name, expires)
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
	row, key, err := s.newKey(deviceID, name, nil)
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
		// What is in memory is newer than the table.
		if at, ok := s.used.keyUse(k.ID); ok && (k.LastUsedAt == nil || at.After(*k.LastUsedAt)) {
			k.LastUsedAt = &at
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
	return s.vault.unseal(purposeKeySeal, row.ID, row.Sealed)
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
