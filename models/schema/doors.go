package schema

import "gorm.io/gorm"

// The tables that step 2 adds: who may see which device, second factors, scan links
// and the system secret. Frozen, as step 1.
type (
	assignment2 struct {
		UserID   string   `gorm:"primaryKey;size:26"`
		User     *user1   `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		DeviceID string   `gorm:"primaryKey;size:26;index"`
		Device   *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
	}
	totp2 struct {
		UserID      string `gorm:"primaryKey;size:26"`
		User        *user1 `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		Sealed      []byte
		CreatedAt   int64 `gorm:"not null;autoCreateTime:false"`
		ConfirmedAt *int64
		LastStep    int64 `gorm:"not null"`
	}
	recoveryCode2 struct {
		ID     string `gorm:"primaryKey;size:26"`
		UserID string `gorm:"size:26;not null;index"`
		User   *user1 `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		Lookup string `gorm:"size:64;not null;uniqueIndex"`
		UsedAt *int64
	}
	passkey2 struct {
		ID           string `gorm:"primaryKey;size:26"`
		UserID       string `gorm:"size:26;not null;index"`
		User         *user1 `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		Name         string `gorm:"size:60;not null"`
		CredentialID string `gorm:"size:1400;not null;uniqueIndex"`
		Credential   []byte `gorm:"not null"`
		CreatedAt    int64  `gorm:"not null;autoCreateTime:false"`
		LastUsedAt   *int64
	}
	scanLink2 struct {
		ID        string   `gorm:"primaryKey;size:26"`
		DeviceID  string   `gorm:"size:26;not null;index"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Lookup    string   `gorm:"size:64;not null;uniqueIndex"`
		CreatedBy string   `gorm:"size:100;not null"`
		CreatedAt int64    `gorm:"not null;autoCreateTime:false"`
		ExpiresAt int64    `gorm:"not null;index"`
		EndedAt   *int64
	}
	systemSecret2 struct {
		ID        string `gorm:"primaryKey;size:26"`
		Lookup    string `gorm:"size:64;not null;uniqueIndex"`
		Sealed    []byte
		CreatedAt int64 `gorm:"not null;autoCreateTime:false"`
		ExpiresAt *int64
		RevokedAt *int64
	}
)

func (assignment2) TableName() string   { return "device_assignments" }
func (totp2) TableName() string         { return "totp_factors" }
func (recoveryCode2) TableName() string { return "recovery_codes" }
func (passkey2) TableName() string      { return "passkeys" }
func (scanLink2) TableName() string     { return "scan_links" }
func (systemSecret2) TableName() string { return "system_secrets" }

func doors(tx *gorm.DB) error {
	return tx.Migrator().CreateTable(
		&assignment2{}, &totp2{}, &recoveryCode2{}, &passkey2{}, &scanLink2{}, &systemSecret2{},
	)
}
