package schema

import "gorm.io/gorm"

// message7 is the column that step 7 adds: whether an edit or revocation may be about a
// message of somebody else's, as those of a group's admins. Frozen, as step 1.
type message7 struct {
	AnySender bool `gorm:"not null;default:false"`
}

func (message7) TableName() string { return "messages" }

func anySender(tx *gorm.DB) error { return tx.Migrator().AddColumn(&message7{}, "AnySender") }
