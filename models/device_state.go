package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
)

// inChunk bounds the values of one IN list: databases bound them too.
const inChunk = 500

// SetDesired stores whether the owner wants the device on. Wanting it on forgets
// why it was off.
func (s *Store) SetDesired(ctx context.Context, id string, on bool) error {
	columns := map[string]any{"desired": on}
	if on {
		columns["off_reason"] = ""
		columns["off_until"] = nil
		columns["off_since"] = nil
	}
	return s.setDevice(ctx, "store desired state", id, columns)
}

// SetOff stores why a device is off, and until when if that is known, so that a
// restart still knows; and whether the owner wants it on nevertheless.
func (s *Store) SetOff(ctx context.Context, id, reason string, until *time.Time, desired bool) error {
	return s.setDevice(ctx, "store off state", id, map[string]any{
		"desired": desired, "off_reason": clip(reason, 40), "off_until": milliPtr(until), "off_since": s.nowMilli(),
	})
}

// ClaimLink records which WhatsApp device this device is about to become. Call it
// before whatsmeow saves its own row: a crash between the two leaves a link without
// credentials, which the start finds, and never credentials that nobody owns.
// ErrConflict when another device has this JID.
func (s *Store) ClaimLink(ctx context.Context, id, jid string) error {
	if jid == "" {
		return invalid("jid", "jid_required", "A JID is required.")
	}
	err := s.setDevice(ctx, "claim link", id, map[string]any{"jid": jid})
	if errors.Is(err, ErrConflict) {
		return faultf(ErrConflict, err, "another device is linked to this WhatsApp device; log that one out first")
	}
	return err
}

// SetAccount stores what is known about the linked account.
func (s *Store) SetAccount(ctx context.Context, id, pushName, platform string, linkedAt time.Time) error {
	err := s.setDevice(ctx, "store account", id, map[string]any{
		"push_name": clip(pushName, 200), "platform": clip(platform, 100), "linked_at": linkedAt.UnixMilli(),
	})
	return s.settle(ctx, "store account", err)
}

// ClearLink forgets the linked account.
func (s *Store) ClearLink(ctx context.Context, id string) error {
	err := s.setDevice(ctx, "clear link", id, map[string]any{
		"jid": nil, "push_name": "", "platform": "", "linked_at": nil,
	})
	return s.settle(ctx, "clear link", err)
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
