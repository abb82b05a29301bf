package models

import "gorm.io/gorm"

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
		return invalid("name", "keys_too_many", "The device has 50 valid keys, which is the most. Revoke one first.")
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
