package schema

import "gorm.io/gorm"

// The tables as step 1 makes them. Frozen: later steps alter, they do not edit this.
type (
	user1 struct {
		ID           string `gorm:"primaryKey;size:26"`
		Name         string `gorm:"size:40;not null"`
		NameKey      string `gorm:"size:160;not null;uniqueIndex"`
		Role         string `gorm:"size:20;not null"`
		PasswordHash string `gorm:"size:200;not null"`
		Lang         string `gorm:"size:20;not null"`
		Theme        string `gorm:"size:20;not null"`
		CreatedAt    int64  `gorm:"not null;autoCreateTime:false"`
		UpdatedAt    int64  `gorm:"not null;autoUpdateTime:false"`
		PasswordAt   int64  `gorm:"not null"`
	}
	login1 struct {
		ID        string  `gorm:"primaryKey;size:26"`
		TokenHash string  `gorm:"size:64;not null;uniqueIndex"`
		UserID    *string `gorm:"size:26;index"`
		User      *user1  `gorm:"foreignKey:UserID;constraint:OnDelete:CASCADE"`
		Data      []byte
		CreatedAt int64 `gorm:"not null;autoCreateTime:false"`
		SeenAt    int64 `gorm:"not null"`
		ExpiresAt int64 `gorm:"not null;index"`
		EndedAt   *int64
		Address   string `gorm:"size:64;not null"`
		UserAgent string `gorm:"size:300;not null"`
	}
	device1 struct {
		ID          string  `gorm:"primaryKey;size:26"`
		Name        string  `gorm:"size:60;not null"`
		NameKey     string  `gorm:"size:240;not null;uniqueIndex"`
		Note        string  `gorm:"not null"`
		Desired     bool    `gorm:"not null"`
		JID         *string `gorm:"column:jid;size:100;uniqueIndex"`
		PushName    string  `gorm:"not null"`
		Platform    string  `gorm:"not null"`
		OffReason   string  `gorm:"size:40;not null"`
		OffUntil    *int64
		OffSince    *int64
		IsDefault   *bool `gorm:"uniqueIndex"`
		Proxy       []byte
		LinkedAt    *int64
		LastAliveAt *int64
		CreatedAt   int64 `gorm:"not null;autoCreateTime:false"`
		UpdatedAt   int64 `gorm:"not null;autoUpdateTime:false"`
	}
	apiKey1 struct {
		ID         string   `gorm:"primaryKey;size:26"`
		DeviceID   string   `gorm:"size:26;not null;index"`
		Device     *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Name       string   `gorm:"size:60;not null"`
		Lookup     string   `gorm:"size:64;not null;uniqueIndex"`
		Sealed     []byte
		CreatedAt  int64 `gorm:"not null;autoCreateTime:false"`
		LastUsedAt *int64
		ExpiresAt  *int64
		RevokedAt  *int64
	}
	deviceEvent1 struct {
		ID       string   `gorm:"primaryKey;size:26;index:idx_device_events_newest,priority:2"`
		DeviceID string   `gorm:"size:26;not null;index:idx_device_events_newest,priority:1"`
		Device   *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		At       int64    `gorm:"not null"`
		From     string   `gorm:"column:from_state;size:20;not null"`
		To       string   `gorm:"column:to_state;size:20;not null"`
		Reason   string   `gorm:"size:40;not null"`
		Detail   string   `gorm:"not null"`
	}
	auditEntry1 struct {
		ID        string `gorm:"primaryKey;size:26"`
		At        int64  `gorm:"not null;index"`
		Actor     string `gorm:"size:100;not null"`
		ActorKind string `gorm:"size:20;not null"`
		Action    string `gorm:"size:60;not null"`
		DeviceID  string `gorm:"size:26;not null;index"`
		Target    string `gorm:"not null"`
		Address   string `gorm:"size:64;not null"`
		Detail    string `gorm:"not null"`
	}
	setting1 struct {
		Name      string `gorm:"primaryKey;size:100"`
		Value     string `gorm:"not null"`
		UpdatedAt int64  `gorm:"not null;autoUpdateTime:false"`
	}
)

func (user1) TableName() string        { return "users" }
func (login1) TableName() string       { return "logins" }
func (device1) TableName() string      { return "devices" }
func (apiKey1) TableName() string      { return "api_keys" }
func (deviceEvent1) TableName() string { return "device_events" }
func (auditEntry1) TableName() string  { return "audit_entries" }
func (setting1) TableName() string     { return "settings" }

func initial(tx *gorm.DB) error {
	return tx.Migrator().CreateTable(
		&user1{}, &login1{}, &device1{}, &apiKey1{}, &deviceEvent1{}, &auditEntry1{}, &setting1{},
	)
}
