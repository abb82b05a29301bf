package schema

import "gorm.io/gorm"

// The tables that step 11 adds: the addresses that get events, each event on its way to one
// of them, and what came of each try. Frozen, as step 1.
type (
	endpoint11 struct {
		ID            string   `gorm:"primaryKey;size:26"`
		DeviceID      *string  `gorm:"size:26;index"` // NULL: of the installation
		Device        *device1 `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		URL           []byte   `gorm:"column:url;not null"`
		Events        string   `gorm:"size:400;not null"`
		Secret        []byte   `gorm:"not null"`
		Previous      []byte
		PreviousUntil int64  `gorm:"not null"`
		State         string `gorm:"size:20;not null"`
		Failures      int64  `gorm:"not null"` // in a row
		ProbeAt       int64  `gorm:"not null"`
		SucceededAt   int64  `gorm:"not null"`
		CreatedAt     int64  `gorm:"not null;autoCreateTime:false"`
	}
	delivery11 struct {
		ID         string      `gorm:"primaryKey;size:26"`
		EndpointID string      `gorm:"size:26;not null;index:idx_deliveries_due,priority:1;index:idx_deliveries_lane,priority:1"`
		Endpoint   *endpoint11 `gorm:"foreignKey:EndpointID;constraint:OnDelete:CASCADE"`
		DeviceID   string      `gorm:"size:26;not null;index"`
		Device     *device1    `gorm:"foreignKey:DeviceID;constraint:OnDelete:CASCADE"`
		ChatID     string      `gorm:"size:26;not null;index:idx_deliveries_lane,priority:3;index:idx_deliveries_chat"`
		Seq        int64       `gorm:"not null;index:idx_deliveries_lane,priority:4"`
		State      string      `gorm:"size:20;not null;index:idx_deliveries_due,priority:2;index:idx_deliveries_lane,priority:2"`
		Tries      int64       `gorm:"not null"`
		NextAt     int64       `gorm:"not null;index:idx_deliveries_due,priority:3"`
		DoneAt     int64       `gorm:"not null"`
	}
	attempt11 struct {
		ID         string      `gorm:"primaryKey;size:26"`
		DeliveryID string      `gorm:"size:26;not null;index"`
		Delivery   *delivery11 `gorm:"foreignKey:DeliveryID;constraint:OnDelete:CASCADE"`
		At         int64       `gorm:"not null"`
		Took       int64       `gorm:"not null"` // milliseconds
		Status     int         `gorm:"not null"` // of HTTP; 0: there was no answer
		Error      string      `gorm:"size:300;not null"`
		Answer     []byte
	}
)

func (endpoint11) TableName() string { return "endpoints" }
func (delivery11) TableName() string { return "deliveries" }
func (attempt11) TableName() string  { return "attempts" }

func webhooks(tx *gorm.DB) error {
	return tx.Migrator().CreateTable(&endpoint11{}, &delivery11{}, &attempt11{})
}
