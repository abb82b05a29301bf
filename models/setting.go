package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type settingRow struct {
	Name      string `gorm:"primaryKey"`
	Value     string
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (settingRow) TableName() string { return "settings" }

// Setting returns the value of a setting; ErrNotFound when it was never set.
func (s *Store) Setting(ctx context.Context, name string) (string, error) {
	return getSetting(ctx, s.engine.Reads(), name)
}

func getSetting(ctx context.Context, db *gorm.DB, name string) (string, error) {
	var row settingRow
	err := db.WithContext(ctx).Where("name = ?", name).Take(&row).Error
	return row.Value, wrap(ctx, "read setting "+name, err)
}

// SetSetting stores a setting.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	return wrap(ctx, "store setting "+name, putSetting(s.write(ctx), name, value, s.now()))
}

func putSetting(db *gorm.DB, name, value string, now time.Time) error {
	row := settingRow{Name: name, Value: value, UpdatedAt: now.UnixMilli()}
	return db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "name"}},
		DoUpdates: clause.AssignmentColumns([]string{"value", "updated_at"}),
	}).Create(&row).Error
}
