package models

import (
	"context"

	"gorm.io/gorm"
)

type assignmentRow struct {
	UserID   string `gorm:"primaryKey"`
	DeviceID string `gorm:"primaryKey"`
}

func (assignmentRow) TableName() string { return "device_assignments" }

// AssignDevices says which devices an operator or viewer may see: these and no
// others. ErrNotFound when there is no such user, or a device is unknown. (Admins
// see every device without being assigned to any.)
func (s *Store) AssignDevices(ctx context.Context, userID string, deviceIDs []string) error {
	if _, err := s.User(ctx, userID); err != nil {
		return err
	}
	rows := make([]assignmentRow, 0, len(deviceIDs))
	seen := make(map[string]bool, len(deviceIDs))
	for _, id := range deviceIDs {
		if !seen[id] {
			seen[id] = true
			rows = append(rows, assignmentRow{UserID: userID, DeviceID: id})
		}
	}
	doing := "assign devices"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := tx.Where("user_id = ?", userID).Delete(&assignmentRow{}).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		return tx.CreateInBatches(&rows, 200).Error
	})
	return s.settle(ctx, doing, err)
}

// AssignedDevices returns the IDs of the devices a user is assigned to.
func (s *Store) AssignedDevices(ctx context.Context, userID string) (map[string]bool, error) {
	var ids []string
	err := s.read(ctx).Model(&assignmentRow{}).Where("user_id = ?", userID).Pluck("device_id", &ids).Error
	if err != nil {
		return nil, wrap(ctx, "list assigned devices", err)
	}
	assigned := make(map[string]bool, len(ids))
	for _, id := range ids {
		assigned[id] = true
	}
	return assigned, nil
}
