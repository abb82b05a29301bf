package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// NewSend says how a message of the account's own is to be sent, with the arrival that
// stores it.
type NewSend struct {
	Bulk      bool          // it waits for all that are not
	Typing    time.Duration // how long to seem typing before
	ExpiresAt time.Time     // not sent until then, it fails
}

// Once makes an arrival that is repeated with the same key do nothing.
type Once struct {
	Key       string // hash of what the program chose
	Params    string // hash of what it asked for
	ExpiresAt time.Time
}

// Send is a message that waits to be sent.
type Send struct {
	Message
	Account   string
	Bulk      bool
	Typing    time.Duration
	ExpiresAt time.Time
	// HandedAt is when it was last handed over without an answer; zero when it never was.
	// Then WhatsApp may have it already.
	HandedAt time.Time
	Tries    int64
	// More: others waited in the lane behind it.
	More bool
}

type sendRow struct {
	MessageID string `gorm:"primaryKey"`
	DeviceID  string
	Account   string
	Bulk      bool
	Typing    int64 // milliseconds
	ExpiresAt int64
	HandedAt  int64
	Tries     int64
}

func (sendRow) TableName() string { return "sends" }

type onceRow struct {
	DeviceID  string `gorm:"primaryKey"`
	Key       string `gorm:"primaryKey"`
	Params    string
	MessageID string
	ExpiresAt int64
	Answer    []byte
}

func (onceRow) TableName() string { return "idempotency" }

// Answered is what a key of idempotency was used for.
type Answered struct {
	MessageID string // ours
	Params    string
	Answer    []byte // nil while the first call has not been answered
}

// enqueue puts a stored message into its device's lane.
func (b *batch) enqueue(a *Arrival, messageID string) error {
	return b.tx.Create(&sendRow{
		MessageID: messageID, DeviceID: a.DeviceID, Account: a.Account, Bulk: a.Send.Bulk,
		Typing: a.Send.Typing.Milliseconds(), ExpiresAt: a.Send.ExpiresAt.UnixMilli(),
	}).Error
}

// takeKey uses up a key of idempotency. It returns what the key was used for before.
func (b *batch) takeKey(a *Arrival, messageID string) (*Answered, error) {
	row := onceRow{
		DeviceID: a.DeviceID, Key: a.Once.Key, Params: a.Once.Params, MessageID: messageID, ExpiresAt: a.Once.ExpiresAt.UnixMilli(),
	}
	err := b.tx.Where("device_id = ? AND key = ? AND expires_at <= ?", row.DeviceID, row.Key, b.now).Delete(&onceRow{}).Error
	if err != nil {
		return nil, err
	}
	res := b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if res.Error != nil || res.RowsAffected > 0 {
		return nil, res.Error
	}
	var old onceRow
	if err := b.tx.Where("device_id = ? AND key = ?", row.DeviceID, row.Key).Take(&old).Error; err != nil {
		return nil, err
	}
	answered, err := b.s.answered(old)
	return &answered, err
}

func (s *Store) answered(row onceRow) (Answered, error) {
	answer, err := s.vault.OpenData(row.DeviceID, row.Key, row.Answer)
	return Answered{MessageID: row.MessageID, Params: row.Params, Answer: answer}, err
}

// Answered returns what a key of idempotency was used for. ErrNotFound when it was not.
func (s *Store) Answered(ctx context.Context, deviceID, key string) (Answered, error) {
	var row onceRow
	err := s.read(ctx).Where("device_id = ? AND key = ? AND expires_at > ?", deviceID, key, s.nowMilli()).Take(&row).Error
	if err != nil {
		return Answered{}, wrap(ctx, "look up a key of idempotency", err)
	}
	return s.answered(row)
}

// SaveAnswer stores what the first call with a key of idempotency was answered.
func (s *Store) SaveAnswer(ctx context.Context, deviceID, key string, answer []byte) error {
	sealed, err := s.vault.SealData(deviceID, key, answer)
	if err != nil {
		return err
	}
	res := s.write(ctx).Model(&onceRow{}).Where("device_id = ? AND key = ?", deviceID, key).Update("answer", sealed)
	return wrap(ctx, "store the answer of a call", res.Error)
}

// NextSend returns the message that the device's lane is to send next: the oldest that is
// not bulk, then the oldest. ErrNotFound when none waits.
func (s *Store) NextSend(ctx context.Context, deviceID string) (Send, error) {
	var rows []sendRow
	err := s.read(ctx).Where("device_id = ?", deviceID).Order("bulk, message_id").Limit(2).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return Send{}, wrap(ctx, "look for a message to send", err)
	}
	next, err := s.send(ctx, rows[0])
	next.More = len(rows) > 1
	return next, err
}

func (s *Store) send(ctx context.Context, row sendRow) (Send, error) {
	m, err := s.Message(ctx, row.MessageID)
	if err != nil {
		return Send{}, err
	}
	return Send{
		Message: m, Account: row.Account, Bulk: row.Bulk, Typing: time.Duration(row.Typing) * time.Millisecond,
		ExpiresAt: fromMilli(row.ExpiresAt), HandedAt: momentOf(row.HandedAt), Tries: row.Tries,
	}, nil
}

// Waiting counts the messages that wait in a device's lane.
func (s *Store) Waiting(ctx context.Context, deviceID string) (int64, error) {
	var n int64
	err := s.read(ctx).Model(&sendRow{}).Where("device_id = ?", deviceID).Count(&n).Error
	return n, wrap(ctx, "count what waits to be sent", err)
}

// Lanes returns the devices for which something waits to be sent.
func (s *Store) Lanes(ctx context.Context) ([]string, error) {
	var devices []string
	err := s.read(ctx).Model(&sendRow{}).Distinct().Pluck("device_id", &devices).Error
	return devices, wrap(ctx, "list lanes", err)
}

// HandOver notes that a message is about to leave: from here on WhatsApp may have it. It
// survives a power cut when the driver syncs before its first byte, as it must.
func (s *Store) HandOver(ctx context.Context, messageID string) error {
	res := s.write(ctx).Model(&sendRow{}).Where("message_id = ?", messageID).
		Updates(map[string]any{"handed_at": s.nowMilli(), "tries": gorm.Expr("tries + 1")})
	return changed(ctx, "hand over a message", res)
}

// takeBack takes a message out of the lane, unless it was handed over.
func (b *batch) takeBack(messageID string) (taken bool, err error) {
	res := b.tx.Where("message_id = ? AND handed_at = 0", messageID).Delete(&sendRow{})
	return res.RowsAffected > 0, res.Error
}

// Sending reads a message of the account's own, and whether it was handed over without a
// known outcome.
func (s *Store) Sending(ctx context.Context, messageID string) (m Message, handed bool, err error) {
	if m, err = s.Message(ctx, messageID); err != nil {
		return Message{}, false, err
	}
	var sends []sendRow
	if err := s.read(ctx).Where("message_id = ? AND handed_at > 0", messageID).Find(&sends).Error; err != nil {
		return Message{}, false, wrap(ctx, "look into a lane", err)
	}
	return m, len(sends) > 0, nil
}

// done takes messages out of the lane whose end is known.
func (b *batch) done(messageID string) error {
	return b.tx.Where("message_id = ?", messageID).Delete(&sendRow{}).Error
}

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
