package schema

import "gorm.io/gorm"

// login8 is the column that step 8 adds: when a login's person had given the password or a
// passkey as it was opened. Frozen, as step 1.
type login8 struct {
	ProvenAt int64 `gorm:"not null;default:0"`
}

func (login8) TableName() string { return "logins" }

// loginColumns also takes away what a library kept of a login, all of which has columns now.
func loginColumns(tx *gorm.DB) error {
	if err := tx.Migrator().AddColumn(&login8{}, "ProvenAt"); err != nil {
		return err
	}
	return tx.Exec("ALTER TABLE logins DROP COLUMN data").Error
}
