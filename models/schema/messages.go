package schema

import "gorm.io/gorm"

// The tables that step 5 adds: whom a device writes with, what was said, and what a
// program may want to know of it. Frozen, as step 1.
type (
	contact5 struct {
		ID        string   `gorm:"primaryKey;size:26"`
		DeviceID  string   `gorm:"size:26;not null;uniqueIndex:idx_contacts_lid,priority:1;uniqueIndex:idx_contacts_pn,priority:1"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Account   string   `gorm:"size:40;not null;uniqueIndex:idx_contacts_lid,priority:2;uniqueIndex:idx_contacts_pn,priority:2"`
		LID       *string  `gorm:"column:lid;size:100;uniqueIndex:idx_contacts_lid,priority:3"`
		PN        *string  `gorm:"column:pn;size:100;uniqueIndex:idx_contacts_pn,priority:3"`
		PushName  string   `gorm:"size:256;not null"`
		FullName  string   `gorm:"size:256;not null"`
		UpdatedAt int64    `gorm:"not null;autoUpdateTime:false"`
	}
	chat5 struct {
		ID        string    `gorm:"primaryKey;size:26"`
		DeviceID  string    `gorm:"size:26;not null;uniqueIndex:idx_chats_contact,priority:1;uniqueIndex:idx_chats_jid,priority:1;index:idx_chats_newest,priority:1"`
		Device    *device1  `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Account   string    `gorm:"size:40;not null;uniqueIndex:idx_chats_contact,priority:2;uniqueIndex:idx_chats_jid,priority:2;index:idx_chats_newest,priority:2"`
		Kind      string    `gorm:"size:20;not null"`
		ContactID *string   `gorm:"size:26;uniqueIndex:idx_chats_contact,priority:3"`
		Contact   *contact5 `gorm:"foreignKey:ContactID;constraint:OnDelete:CASCADE"`
		JID       *string   `gorm:"column:jid;size:100;uniqueIndex:idx_chats_jid,priority:3"`
		Name      string    `gorm:"size:256;not null"`
		LastAt    int64     `gorm:"not null;index:idx_chats_newest,priority:3"`
		LastID    string    `gorm:"size:26;not null"`
		Unread    int64     `gorm:"not null"`
		Timer     int64     `gorm:"not null"` // seconds until messages of the chat disappear
		TimerAt   int64     `gorm:"not null"`
		Archived  bool      `gorm:"not null"`
		Pinned    bool      `gorm:"not null"`
		MutedTo   int64     `gorm:"not null"` // milliseconds; -1 for ever
	}
	message5 struct {
		ID        string   `gorm:"primaryKey;size:26;index:idx_messages_device,priority:2;index:idx_messages_chat,priority:2"`
		DeviceID  string   `gorm:"size:26;not null;index:idx_messages_device,priority:1;index:idx_messages_wa,priority:1"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		ChatID    string   `gorm:"size:26;not null;index:idx_messages_chat,priority:1;uniqueIndex:idx_messages_once,priority:1;index:idx_messages_target,priority:1,where:target <> ''"`
		Chat      *chat5   `gorm:"foreignKey:ChatID;constraint:OnDelete:CASCADE"`
		SenderID  string   `gorm:"size:26;not null;uniqueIndex:idx_messages_once,priority:2"`
		WAID      string   `gorm:"column:wa_id;size:120;not null;uniqueIndex:idx_messages_once,priority:3;index:idx_messages_wa,priority:2"`
		Kind      string   `gorm:"size:20;not null"`
		At        int64    `gorm:"not null"`
		StoredAt  int64    `gorm:"not null;index"`
		Status    string   `gorm:"size:20;not null"`
		StatusAt  int64    `gorm:"not null"`
		Error     string   `gorm:"size:60;not null"`
		Code      int      `gorm:"not null"`
		Target    string   `gorm:"size:120;not null;index:idx_messages_target,priority:2"`
		Lacking   string   `gorm:"size:20;not null"`
		Hidden    bool     `gorm:"not null"`
		EditedAt  int64    `gorm:"not null"`
		RevokedAt int64    `gorm:"not null"`
		Source    string   `gorm:"size:20;not null"`
		Author    string   `gorm:"size:100;not null"`
		Delivered int64    `gorm:"not null"`
		Seen      int64    `gorm:"not null"`
		Body      []byte
	}
	receipt5 struct {
		MessageID string    `gorm:"primaryKey;size:26"`
		Message   *message5 `gorm:"foreignKey:MessageID;constraint:OnDelete:CASCADE"`
		ContactID string    `gorm:"primaryKey;size:26"`
		Seen      bool      `gorm:"not null"`
	}
	event5 struct {
		DeviceID  string   `gorm:"primaryKey;size:26"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Seq       int64    `gorm:"primaryKey;autoIncrement:false"`
		ID        string   `gorm:"size:26;not null;uniqueIndex"`
		Type      string   `gorm:"size:40;not null"`
		At        int64    `gorm:"not null;index"`
		ChatID    *string  `gorm:"size:26;index"`
		SenderID  string   `gorm:"size:26;not null"`
		MessageID string   `gorm:"size:26;not null;index"`
		WAID      string   `gorm:"column:wa_id;size:120;not null"`
		Body      []byte
	}
	eventHead5 struct {
		DeviceID string   `gorm:"primaryKey;size:26"`
		Device   *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Last     int64    `gorm:"not null"`
		First    int64    `gorm:"not null"`
	}
	send5 struct {
		MessageID string    `gorm:"primaryKey;size:26;index:idx_sends_next,priority:3"`
		Message   *message5 `gorm:"foreignKey:MessageID;constraint:OnDelete:CASCADE"`
		DeviceID  string    `gorm:"size:26;not null;index:idx_sends_next,priority:1"`
		Account   string    `gorm:"size:40;not null"`
		Bulk      bool      `gorm:"not null;index:idx_sends_next,priority:2"`
		Typing    int64     `gorm:"not null"`
		ExpiresAt int64     `gorm:"not null"`
		HandedAt  int64     `gorm:"not null"`
		Tries     int64     `gorm:"not null"`
	}
	once5 struct {
		DeviceID  string   `gorm:"primaryKey;size:26"`
		Device    *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Key       string   `gorm:"primaryKey;size:64"`
		Params    string   `gorm:"size:64;not null"`
		MessageID string   `gorm:"size:26;not null"`
		ExpiresAt int64    `gorm:"not null;index"`
		Answer    []byte
	}
	expected5 struct {
		ID       string   `gorm:"primaryKey;size:26"`
		DeviceID string   `gorm:"size:26;not null;uniqueIndex:idx_expected_once,priority:1"`
		Device   *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		Kind     string   `gorm:"size:20;not null;uniqueIndex:idx_expected_once,priority:2"`
		Name     string   `gorm:"size:120;not null;uniqueIndex:idx_expected_once,priority:3"`
		Body     []byte
		Tries    int64 `gorm:"not null"`
		NextAt   int64 `gorm:"not null"`
	}
)

func (contact5) TableName() string   { return "contacts" }
func (chat5) TableName() string      { return "chats" }
func (message5) TableName() string   { return "messages" }
func (receipt5) TableName() string   { return "message_receipts" }
func (event5) TableName() string     { return "event_log" }
func (eventHead5) TableName() string { return "event_heads" }
func (send5) TableName() string      { return "sends" }
func (once5) TableName() string      { return "idempotency" }
func (expected5) TableName() string  { return "expected" }

func messages(tx *gorm.DB) error {
	return tx.Migrator().CreateTable(
		&contact5{}, &chat5{}, &message5{}, &receipt5{}, &event5{}, &eventHead5{}, &send5{}, &once5{}, &expected5{},
	)
}
