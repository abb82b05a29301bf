package schema

import "gorm.io/gorm"

// What step 20 adds: invitations of people, the devices they will see, and whether somebody
// sees all, also those to come. Frozen, as step 1.
type (
	invitation20 struct {
		ID         string `gorm:"primaryKey;size:26"`
		Lookup     string `gorm:"size:64;not null;uniqueIndex"`
		UserID     string `gorm:"size:26;not null;index"` // who invites
		User       *user1 `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		Note       string `gorm:"size:60;not null"`
		Role       string `gorm:"size:20;not null"`
		AllDevices bool   `gorm:"not null"`
		CreatedAt  int64  `gorm:"not null;autoCreateTime:false"`
		ExpiresAt  int64  `gorm:"not null;index"`
	}
	invitationDevice20 struct {
		InvitationID string        `gorm:"primaryKey;size:26"`
		Invitation   *invitation20 `gorm:"foreignKey:InvitationID;constraint:OnDelete:CASCADE"`
		DeviceID     string        `gorm:"primaryKey;size:26;index"`
		Device       *device1      `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
	}
	user20 struct {
		AllDevices bool `gorm:"not null;default:false"`
	}
)

func (invitation20) TableName() string       { return "invitations" }
func (invitationDevice20) TableName() string { return "invitation_devices" }
func (user20) TableName() string             { return "users" }

func invitations(tx *gorm.DB) error {
	if err := tx.Migrator().CreateTable(&invitation20{}, &invitationDevice20{}); err != nil {
		return err
	}
	return tx.Migrator().AddColumn(&user20{}, "AllDevices")
}
