package schema

import "gorm.io/gorm"

// The tables that step 10 adds: the groups of accounts with their members, and what is
// known of an account as a whole; and of a message how many devices could not be given
// it. Frozen, as step 1.
type (
	account10 struct {
		DeviceID  string   `gorm:"primaryKey;size:26"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Account   string   `gorm:"primaryKey;size:40"`
		GroupsAt  int64    `gorm:"not null"` // when the list of its groups was read; 0 never
		Locked    bool     `gorm:"not null"` // WhatsApp lets it open no new chats
		LockKind  string   `gorm:"size:60;not null"`
		LockUntil int64    `gorm:"not null"`
		LockAt    int64    `gorm:"not null"`
	}
	group10 struct {
		ChatID     string `gorm:"primaryKey;size:26"`
		Chat       *chat5 `gorm:"foreignKey:ChatID;constraint:OnDelete:CASCADE"`
		OwnerLID   string `gorm:"column:owner_lid;size:100;not null"`
		OwnerPN    string `gorm:"column:owner_pn;size:100;not null"`
		MadeAt     int64  `gorm:"not null"`
		SubjectLID string `gorm:"column:subject_lid;size:100;not null"`
		SubjectPN  string `gorm:"column:subject_pn;size:100;not null"`
		SubjectAt  int64  `gorm:"not null"`
		About      []byte // the description, sealed
		Announce   bool   `gorm:"not null"`
		Locked     bool   `gorm:"not null"`
		Approval   bool   `gorm:"not null"`
		MembersAdd bool   `gorm:"not null"`
		Community  bool   `gorm:"not null"`
		News       bool   `gorm:"not null"`
		Suspended  bool   `gorm:"not null"`
		Parent     string `gorm:"size:100;not null"`
		Addressing string `gorm:"size:10;not null"`
		Size       int64  `gorm:"not null"`
		OwnRole    string `gorm:"size:20;not null"`
		Invite     string `gorm:"size:64;not null;index"` // keyed hash of the code
		ReadAt     int64  `gorm:"not null"`
		ChangedAt  int64  `gorm:"not null"`
		LeftAt     int64  `gorm:"not null"` // 0: the account is a member
	}
	groupMember10 struct {
		ChatID    string    `gorm:"primaryKey;size:26"`
		Group     *group10  `gorm:"foreignKey:ChatID;constraint:OnDelete:CASCADE"`
		ContactID string    `gorm:"primaryKey;size:26;index"`
		Contact   *contact5 `gorm:"foreignKey:ContactID;constraint:OnDelete:CASCADE"`
		Role      string    `gorm:"size:20;not null"`
	}
	message10 struct {
		Partial int64 `gorm:"not null;default:0"`
	}
)

func (account10) TableName() string     { return "accounts" }
func (group10) TableName() string       { return "group_chats" }
func (groupMember10) TableName() string { return "group_members" }
func (message10) TableName() string     { return "messages" }

func groups(tx *gorm.DB) error {
	if err := tx.Migrator().CreateTable(&account10{}, &group10{}, &groupMember10{}); err != nil {
		return err
	}
	return tx.Migrator().AddColumn(&message10{}, "Partial")
}
