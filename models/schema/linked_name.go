package schema

import "gorm.io/gorm"

// device18 is the column that step 18 adds: what a phone calls this device in its list of
// linked devices; empty for what the installation calls all. Frozen, as step 1.
type device18 struct {
	LinkedName string `gorm:"size:60;not null;default:''"`
}

func (device18) TableName() string { return "devices" }

func linkedName(tx *gorm.DB) error { return tx.Migrator().AddColumn(&device18{}, "LinkedName") }
