package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// inChunk bounds the values of one IN list: databases bound them too.
const inChunk = 500

// Life is the part of a device's row that its life writes: what the next start of the
// program must know. Times count to the millisecond; a zero time is none.
type Life struct {
	Desired   bool // whether the owner wants it on
	OffReason string
	OffUntil  time.Time
	OffSince  time.Time
	JID       string // of the link; "" when there is none
	PushName  string
	Platform  string
	LinkedAt  time.Time
}

// Life is what the row says of the device's life.
func (d Device) Life() Life {
	return Life{
		Desired: d.Desired, OffReason: d.OffReason, OffUntil: value(d.OffUntil), OffSince: value(d.OffSince),
		JID: d.JID, PushName: d.PushName, Platform: d.Platform, LinkedAt: value(d.LinkedAt),
	}
}

func value(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Equal reports whether both say the same.
func (l Life) Equal(other Life) bool { return l.tidy() == other.tidy() }

// SameLink reports whether both say the same about the link.
func (l Life) SameLink(other Life) bool {
	l, other = l.tidy(), other.tidy()
	return l.JID == other.JID && l.PushName == other.PushName && l.Platform == other.Platform && l.LinkedAt.Equal(other.LinkedAt)
}

// tidy is the life as it is stored.
func (l Life) tidy() Life {
	for _, t := range []*time.Time{&l.OffUntil, &l.OffSince, &l.LinkedAt} {
		if !t.IsZero() {
			*t = fromMilli(t.UnixMilli())
		}
	}
	l.OffReason, l.PushName, l.Platform = rules.Clip(l.OffReason, 40), rules.Clip(l.PushName, 200), rules.Clip(l.Platform, 100)
	return l
}

// SaveLife stores a device's life, whole. A new link must be stored before whatsmeow
// saves its own row: a crash between the two then leaves a link without credentials,
// which the start finds, and never credentials that nobody owns. With durable set the
// life survives a power cut as well. ErrConflict when another device has this JID.
func (s *Store) SaveLife(ctx context.Context, id string, life Life, durable bool) error {
	life = life.tidy()
	columns := map[string]any{
		"desired": life.Desired, "off_reason": life.OffReason, "off_until": milliOrNil(life.OffUntil), "off_since": milliOrNil(life.OffSince),
		"jid": nil, "push_name": life.PushName, "platform": life.Platform, "linked_at": milliOrNil(life.LinkedAt),
	}
	if life.JID != "" {
		columns["jid"] = life.JID
	}
	doing := "store a device's life"
	err := s.setDevice(ctx, doing, id, columns)
	switch {
	case errors.Is(err, ErrConflict):
		return faultf(ErrConflict, err, "another device is linked to this WhatsApp device; log that one out first")
	case durable:
		return s.settle(ctx, doing, err)
	}
	return err
}

func milliOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// SetAlive records that these devices were connected at that time. Unknown ones
// are passed over, and the time never goes back.
func (s *Store) SetAlive(ctx context.Context, deviceIDs []string, at time.Time) error {
	if len(deviceIDs) == 0 {
		return nil
	}
	ms := at.UnixMilli()
	return s.tx(ctx, "store last contact", func(tx *gorm.DB) error {
		for part := range slices.Chunk(deviceIDs, inChunk) {
			err := tx.Model(&deviceRow{}).
				Where("id IN ? AND (last_alive_at IS NULL OR last_alive_at < ?)", part, ms).
				Update("last_alive_at", ms).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}
