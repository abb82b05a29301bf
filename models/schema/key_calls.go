package schema

import "gorm.io/gorm"

// apiKey19 are the columns that step 19 adds: how often a key was used on the day it was
// used last, how often in vain, and from where. Frozen, as step 1.
type apiKey19 struct {
	LastAddress string `gorm:"size:60;not null;default:''"`
	CountedDay  int64  `gorm:"not null;default:0"` // since 1970, in UTC
	Calls       int64  `gorm:"not null;default:0"`
	Errors      int64  `gorm:"not null;default:0"`
}

func (apiKey19) TableName() string { return "api_keys" }

func keyCalls(tx *gorm.DB) error {
	for _, column := range []string{"LastAddress", "CountedDay", "Calls", "Errors"} {
		if err := tx.Migrator().AddColumn(&apiKey19{}, column); err != nil {
			return err
		}
	}
	return nil
}
