package models

import (
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// What becomes of a message that the account sends. It moves forward only, in this
// order; failed is an end of its own.
const (
	StatusQueued    = "queued"    // it waits here
	StatusSent      = "sent"      // WhatsApp has it
	StatusDelivered = "delivered" // a device of the recipient has it
	StatusRead      = "read"
	StatusPlayed    = "played"
	StatusFailed    = "failed"
)

var statusOrder = []string{StatusQueued, StatusSent, StatusDelivered, StatusRead, StatusPlayed}

// forward reports whether a message with the one status may take the other. Only what
// still waits here can fail.
func forward(from, to string) bool {
	if to == StatusFailed {
		return from == StatusQueued
	}
	return from != StatusFailed && slices.Index(statusOrder, from) < slices.Index(statusOrder, to)
}

// receiptRow says that a member of a group has got a message of the account.
type receiptRow struct {
	MessageID string `gorm:"primaryKey"`
	ContactID string `gorm:"primaryKey"`
	Seen      bool
}

func (receiptRow) TableName() string { return "message_receipts" }

// count counts a group's member among those who have got or seen a message, once.
func (b *batch) count(messageID, contactID, status string) error {
	seen := status == StatusRead || status == StatusPlayed
	row := receiptRow{MessageID: messageID, ContactID: contactID, Seen: seen}
	res := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil {
		return res.Error
	}
	news := map[string]any{}
	if res.RowsAffected > 0 {
		news["delivered"] = gorm.Expr("delivered + 1")
	}
	if seen && res.RowsAffected == 0 {
		res = b.tx.Model(&receiptRow{}).Where("message_id = ? AND contact_id = ? AND NOT seen", messageID, contactID).Update("seen", true)
		if res.Error != nil {
			return res.Error
		}
	}
	if seen && res.RowsAffected > 0 {
		news["seen"] = gorm.Expr("seen + 1")
	}
	if len(news) == 0 {
		return nil
	}
	return b.tx.Model(&messageRow{}).Where("id = ?", messageID).Updates(news).Error
}
