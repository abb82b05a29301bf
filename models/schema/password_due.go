package schema

import "gorm.io/gorm"

// user4 is the column that step 4 adds: whether a user has to choose another password.
// Frozen, as step 1.
type user4 struct {
	PasswordDue bool `gorm:"not null;default:false"`
}

func (user4) TableName() string { return "users" }

func passwordDue(tx *gorm.DB) error { return tx.Migrator().AddColumn(&user4{}, "PasswordDue") }
