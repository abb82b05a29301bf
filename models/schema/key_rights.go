package schema

import "gorm.io/gorm"

// apiKey9 are the columns that step 9 adds: what a key may do, and from where; empty for no
// limit. Frozen, as step 1.
type apiKey9 struct {
	Scopes   string `gorm:"not null;default:''"`
	Networks string `gorm:"not null;default:''"`
}

func (apiKey9) TableName() string { return "api_keys" }

func keyRights(tx *gorm.DB) error {
	for _, column := range []string{"Scopes", "Networks"} {
		if err := tx.Migrator().AddColumn(&apiKey9{}, column); err != nil {
			return err
		}
	}
	return nil
}
