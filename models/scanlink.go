package models

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Limits of how long a scan link is valid.
const (
	DefaultScanLinkLife = 15 * time.Minute
	MaxScanLinkLife     = 24 * time.Hour
	// MaxScanLinks is how many valid links a device may have.
	MaxScanLinks = 20
)

// ScanLink lets somebody without a login link one device: it shows its QR code.
type ScanLink struct {
	ID        string
	DeviceID  string
	Token     string // what the link carries; only from CreateScanLink
	CreatedBy string // the name of the user who made it
	CreatedAt time.Time
	ExpiresAt time.Time
}

type scanLinkRow struct {
	ID        string `gorm:"primaryKey"`
	DeviceID  string
	Lookup    string // SHA-256 of the token: the table opens no page
	CreatedBy string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
	EndedAt   *int64
}

func (scanLinkRow) TableName() string { return "scan_links" }

func (r scanLinkRow) link() ScanLink {
	return ScanLink{
		ID: r.ID, DeviceID: r.DeviceID, CreatedBy: r.CreatedBy,
		CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

// CreateScanLink makes a link for a device that is valid for life (0: 15 minutes; at
// most a day). Its Token has 192 random bits and is not stored. ErrNotFound when
// there is no such device, an *Invalid when it has MaxScanLinks.
func (s *Store) CreateScanLink(ctx context.Context, deviceID, createdBy string, life time.Duration) (ScanLink, error) {
	if life == 0 {
		life = DefaultScanLinkLife
	}
	if life < time.Minute || life > MaxScanLinkLife {
		return ScanLink{}, rules.Refuse("life", "life_invalid", "A scan link is valid for 1 minute to 24 hours.")
	}
	var b [24]byte
	rand.Read(b[:])
	token := base64.RawURLEncoding.EncodeToString(b[:])
	now := s.now()
	row := scanLinkRow{
		ID: s.ids.next(now), DeviceID: deviceID, Lookup: tokenHash(token), CreatedBy: rules.Clip(createdBy, 100),
		CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(life).UnixMilli(),
	}
	err := s.tx(ctx, "create scan link", func(tx *gorm.DB) error {
		// What is over is of no use to anybody.
		if err := tx.Where("expires_at <= ? OR ended_at IS NOT NULL", row.CreatedAt).Delete(&scanLinkRow{}).Error; err != nil {
			return err
		}
		var valid int64
		if err := tx.Model(&scanLinkRow{}).Where("device_id = ?", deviceID).Count(&valid).Error; err != nil {
			return err
		}
		if valid >= MaxScanLinks {
			return rules.Refuse("life", "scan_links_too_many", "The device has 20 valid scan links, which is the most. End one first.")
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return ScanLink{}, err
	}
	link := row.link()
	link.Token = token
	return link, nil
}

// ScanLinkByToken returns the valid link with this token. ErrNotFound when it is
// unknown, expired, revoked or used: nobody can tell which.
func (s *Store) ScanLinkByToken(ctx context.Context, token string) (ScanLink, error) {
	if len(token) != 32 {
		return ScanLink{}, faultf(ErrNotFound, nil, "the scan link is malformed")
	}
	var row scanLinkRow
	err := s.read(ctx).Where("lookup = ? AND ended_at IS NULL AND expires_at > ?", tokenHash(token), s.nowMilli()).Take(&row).Error
	if err != nil {
		return ScanLink{}, wrap(ctx, "look up scan link", err)
	}
	return row.link(), nil
}

// ScanLinks returns the valid links of a device, newest first.
func (s *Store) ScanLinks(ctx context.Context, deviceID string) ([]ScanLink, error) {
	var rows []scanLinkRow
	err := s.read(ctx).Where("device_id = ? AND ended_at IS NULL AND expires_at > ?", deviceID, s.nowMilli()).
		Order("id DESC").Find(&rows).Error
	if err != nil {
		return nil, wrap(ctx, "list scan links", err)
	}
	links := make([]ScanLink, 0, len(rows))
	for _, r := range rows {
		links = append(links, r.link())
	}
	return links, nil
}

// DevicesWithScanLinks returns the IDs of the devices that have valid links.
func (s *Store) DevicesWithScanLinks(ctx context.Context) ([]string, error) {
	var ids []string
	err := s.read(ctx).Model(&scanLinkRow{}).Where("ended_at IS NULL AND expires_at > ?", s.nowMilli()).
		Distinct().Pluck("device_id", &ids).Error
	return ids, wrap(ctx, "list devices with scan links", err)
}

// RevokeScanLink ends a link of a device; ErrNotFound when it has none with this ID.
func (s *Store) RevokeScanLink(ctx context.Context, deviceID, linkID string) error {
	res := s.write(ctx).Model(&scanLinkRow{}).Where("id = ? AND device_id = ? AND ended_at IS NULL", linkID, deviceID).
		Update("ended_at", s.nowMilli())
	return changed(ctx, "revoke scan link", res)
}

// EndScanLinks ends all links of a device: it is connected, they have done their work.
func (s *Store) EndScanLinks(ctx context.Context, deviceID string) error {
	err := s.write(ctx).Model(&scanLinkRow{}).Where("device_id = ? AND ended_at IS NULL", deviceID).
		Update("ended_at", s.nowMilli()).Error
	return wrap(ctx, "end scan links", err)
}

// EndScanLinksBy ends the links a user made, by the user's name, but those of the devices
// in keep: who may no longer show a device's code must not go on showing it by a link.
// It returns the IDs of those it ended.
func (s *Store) EndScanLinksBy(ctx context.Context, createdBy string, keep map[string]bool) (ended []string, err error) {
	err = s.tx(ctx, "end scan links of a user", func(tx *gorm.DB) error {
		var rows []scanLinkRow
		if err := tx.Where("created_by = ? AND ended_at IS NULL", rules.Clip(createdBy, 100)).Find(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			if keep[row.DeviceID] {
				continue
			}
			if err := tx.Model(&scanLinkRow{}).Where("id = ?", row.ID).Update("ended_at", s.nowMilli()).Error; err != nil {
				return err
			}
			ended = append(ended, row.ID)
		}
		return nil
	})
	return ended, err
}
