package schema

import "gorm.io/gorm"

// The columns that step 15 adds: what an endpoint wants besides, how it was last; which type
// of event is on its way, how much of it has arrived; and what each try has sent. Frozen, as
// step 1.
type (
	endpoint15 struct {
		Format    string `gorm:"size:20;not null;default:'wadah'"`
		Kinds     string `gorm:"size:400;not null;default:''"` // of bodies, where these have types of their own
		Files     bool   `gorm:"not null;default:true"`        // messages with files, too
		Identify  string `gorm:"size:20;not null;default:'id'"`
		Headers   []byte
		Hub       bool   `gorm:"not null;default:false"` // X-Hub-Signature-256
		Family    bool   `gorm:"not null;default:false"` // made through the family's fields
		FailedAt  int64  `gorm:"not null;default:0"`
		LastError string `gorm:"size:300;not null;default:''"`
	}
	delivery15 struct {
		Type string `gorm:"size:40;not null;default:''"`
		Part int64  `gorm:"not null;default:0"` // how many of its bodies have arrived
	}
	attempt15 struct {
		Sent []byte
	}
)

func (endpoint15) TableName() string { return "endpoints" }
func (delivery15) TableName() string { return "deliveries" }
func (attempt15) TableName() string  { return "attempts" }

func webhookChoices(tx *gorm.DB) error {
	for _, add := range []struct {
		table   any
		columns []string
	}{
		{&endpoint15{}, []string{"Format", "Kinds", "Files", "Identify", "Headers", "Hub", "Family", "FailedAt", "LastError"}},
		{&delivery15{}, []string{"Type", "Part"}},
		{&attempt15{}, []string{"Sent"}},
	} {
		for _, column := range add.columns {
			if err := tx.Migrator().AddColumn(add.table, column); err != nil {
				return err
			}
		}
	}
	return nil
}
