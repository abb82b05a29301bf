package models

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// Limits of invitations.
const (
	DefaultInvitationLife = 7 * 24 * time.Hour
	MaxInvitationLife     = 30 * 24 * time.Hour
	// MaxInvitations is how many open invitations there may be.
	MaxInvitations = 100
)

// Invitation lets somebody without an account choose a name and a password, once.
type Invitation struct {
	ID         string
	Token      string // what the link carries; only from Invite
	By         string // the ID of the admin who invites
	Note       string // whom it is for, in the admin's words; may be empty
	Role       string // the new account's
	AllDevices bool   // the new account sees every device, also those to come
	Devices    []string
	CreatedAt  time.Time
	ExpiresAt  time.Time
}

type invitationRow struct {
	ID         string `gorm:"primaryKey"`
	Lookup     string // SHA-256 of the token: the table lets nobody in
	UserID     string
	Note       string
	Role       string
	AllDevices bool
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	ExpiresAt  int64
}

func (invitationRow) TableName() string { return "invitations" }

type invitationDeviceRow struct {
	InvitationID string `gorm:"primaryKey"`
	DeviceID     string `gorm:"primaryKey"`
}

func (invitationDeviceRow) TableName() string { return "invitation_devices" }

func (r invitationRow) invitation(devices []string) Invitation {
	return Invitation{
		ID: r.ID, By: r.UserID, Note: r.Note, Role: r.Role, AllDevices: r.AllDevices, Devices: devices,
		CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilli(r.ExpiresAt),
	}
}

// Invite stores an invitation (By, Note, Role, AllDevices, Devices) that is valid for life
// (0: 7 days; at most 30). Its Token has 192 random bits and is not stored. ErrNotFound when
// a device is unknown, an *Invalid when a value is unfit or there are MaxInvitations.
func (s *Store) Invite(ctx context.Context, i Invitation, life time.Duration) (Invitation, error) {
	if life == 0 {
		life = DefaultInvitationLife
	}
	note := strings.TrimSpace(i.Note)
	switch {
	case life < time.Hour || life > MaxInvitationLife:
		return i, rules.Refuse("life", "life_invalid", "An invitation is valid for 1 hour to 30 days.")
	case utf8.RuneCountInString(note) > rules.MaxNameLength:
		return i, rules.Refuse("note", "name_too_long", "The note has more than 60 characters.")
	}
	if err := checkRole(i.Role); err != nil {
		return i, err
	}
	var b [24]byte
	rand.Read(b[:])
	token := base64.RawURLEncoding.EncodeToString(b[:])
	now := s.now()
	row := invitationRow{
		ID: s.ids.next(now), Lookup: tokenHash(token), UserID: i.By, Note: rules.Clip(note, rules.MaxNameLength), Role: i.Role,
		AllDevices: i.AllDevices && i.Role != RoleAdmin, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(life).UnixMilli(),
	}
	var devices []invitationDeviceRow
	if i.Role != RoleAdmin && !i.AllDevices {
		for _, id := range onlyOnce(i.Devices) {
			devices = append(devices, invitationDeviceRow{InvitationID: row.ID, DeviceID: id})
		}
	}
	doing := "invite"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := s.lockUsers(tx); err != nil {
			return err
		}
		if err := tx.Where("expires_at <= ?", row.CreatedAt).Delete(&invitationRow{}).Error; err != nil {
			return err
		}
		var open int64
		if err := tx.Model(&invitationRow{}).Count(&open).Error; err != nil {
			return err
		}
		if open >= MaxInvitations {
			return rules.Refuse("life", "invitations_too_many", "There are 100 open invitations, which is the most. Withdraw one first.")
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if len(devices) == 0 {
			return nil
		}
		return tx.CreateInBatches(&devices, 200).Error
	})
	if err != nil {
		return i, err
	}
	made := row.invitation(onlyOnce(i.Devices))
	made.Token = token
	return made, nil
}

// onlyOnce is the list without what stands in it twice.
func onlyOnce(ids []string) []string {
	seen, once := make(map[string]bool, len(ids)), make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id], once = true, append(once, id)
		}
	}
	return once
}

// Invitations returns the open invitations, newest first.
func (s *Store) Invitations(ctx context.Context) ([]Invitation, error) {
	var rows []invitationRow
	if err := s.read(ctx).Where("expires_at > ?", s.nowMilli()).Order("id DESC").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list invitations", err)
	}
	var devices []invitationDeviceRow
	if err := s.read(ctx).Order("device_id").Find(&devices).Error; err != nil {
		return nil, wrap(ctx, "list devices of invitations", err)
	}
	of := make(map[string][]string)
	for _, d := range devices {
		of[d.InvitationID] = append(of[d.InvitationID], d.DeviceID)
	}
	open := make([]Invitation, 0, len(rows))
	for _, r := range rows {
		open = append(open, r.invitation(of[r.ID]))
	}
	return open, nil
}

// InvitationByToken returns the open invitation with this token, without its devices.
// ErrNotFound when it is unknown, expired, withdrawn or used: nobody can tell which.
func (s *Store) InvitationByToken(ctx context.Context, token string) (Invitation, error) {
	if len(token) != 32 {
		return Invitation{}, faultf(ErrNotFound, nil, "the invitation is malformed")
	}
	var row invitationRow
	err := s.read(ctx).Where("lookup = ? AND expires_at > ?", tokenHash(token), s.nowMilli()).Take(&row).Error
	if err != nil {
		return Invitation{}, wrap(ctx, "look up invitation", err)
	}
	return row.invitation(nil), nil
}

// RevokeInvitation ends an invitation; ErrNotFound when there is none with this ID.
func (s *Store) RevokeInvitation(ctx context.Context, id string) (Invitation, error) {
	doing := "withdraw invitation"
	var row invitationRow
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return wrap(ctx, doing, err)
		}
		return changed(ctx, doing, tx.Where("id = ?", id).Delete(&invitationRow{}))
	})
	return row.invitation(nil), s.settle(ctx, doing, err)
}

// AcceptInvitation makes the account that an invitation is for, with the name and password
// its holder has chosen, and ends the invitation. ErrNotFound as InvitationByToken, also
// for all but one of several who accept at once; an *Invalid, which leaves the invitation
// open, when a value is unfit or the name is taken.
func (s *Store) AcceptInvitation(ctx context.Context, token, name, password string) (User, error) {
	// Asked before the costly hash, and asked again in the transaction, where it counts.
	open, err := s.InvitationByToken(ctx, token)
	if err != nil {
		return User{}, err
	}
	row, err := s.newUser(ctx, name, password, open.Role)
	if err != nil {
		return User{}, err
	}
	row.AllDevices = open.AllDevices
	doing := "accept invitation"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := s.addUser(tx, &row); err != nil {
			return err
		}
		var devices []invitationDeviceRow
		if err := tx.Where("invitation_id = ?", open.ID).Find(&devices).Error; err != nil {
			return err
		}
		for _, d := range devices {
			if err := tx.Create(&assignmentRow{UserID: row.ID, DeviceID: d.DeviceID}).Error; err != nil {
				return err
			}
		}
		return changed(ctx, doing, tx.Where("id = ? AND expires_at > ?", open.ID, s.nowMilli()).Delete(&invitationRow{}))
	})
	if err != nil {
		return User{}, err
	}
	return row.user(), s.settle(ctx, doing, nil)
}
