package schema

import "gorm.io/gorm"

// user3 is the column that step 3 adds: the time zone of a user's panel. Frozen, as
// step 1.
type user3 struct {
	Zone string `gorm:"size:64;not null;default:''"`
}

func (user3) TableName() string { return "users" }

func zone(tx *gorm.DB) error { return tx.Migrator().AddColumn(&user3{}, "Zone") }
