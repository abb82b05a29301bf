package schema

import "gorm.io/gorm"

// secretView6 is the table that step 6 adds: to whom keys and system secrets were shown.
// It has no constraints: what is about keys that are gone is swept. Frozen, as step 1.
type secretView6 struct {
	SecretID   string `gorm:"primaryKey;size:26"`
	ViewerID   string `gorm:"primaryKey;size:26;index"`
	ViewerName string `gorm:"size:40;not null"`
	At         int64  `gorm:"not null"`
	Settled    bool   `gorm:"not null"`
}

func (secretView6) TableName() string { return "secret_views" }

func secretViews(tx *gorm.DB) error { return tx.Migrator().CreateTable(&secretView6{}) }
