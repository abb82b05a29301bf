package models

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"wadah/models/passwords"
	"wadah/models/rules"
)

// Asker is for whom a password is checked; the zero Asker is somebody who is known.
type Asker = passwords.Asker

// Stranger is an Asker of whom nothing is known but the network.
func Stranger(network string) Asker { return passwords.Stranger(network) }

// Authenticate returns the user with this name and password. ErrNotFound when the
// name is unknown or the password wrong; both take the same work. ErrBusy when too many
// wait to be checked.
func (s *Store) Authenticate(ctx context.Context, name, password string, by Asker) (User, error) {
	row, err := s.userRowByName(ctx, name)
	unknown := errors.Is(err, ErrNotFound)
	switch {
	case unknown:
		row.PasswordHash = passwords.Dummy
	case err != nil:
		return User{}, err
	}
	match, outdated, err := s.hash.Matches(ctx, password, row.PasswordHash, by)
	if err != nil {
		return User{}, err
	}
	if unknown || !match {
		return User{}, faultf(ErrNotFound, nil, "no user has this name and password")
	}
	if outdated {
		// The parameters have been raised since: store a hash of today's. A failure
		// costs nothing but that; the next sign-in tries again.
		if hash, err := s.hash.Create(ctx, password); err == nil {
			s.write(ctx).Model(&userRow{}).Where("id = ? AND password_hash = ?", row.ID, row.PasswordHash).
				Update("password_hash", hash)
		}
	}
	return row.user(), nil
}

// SetPassword gives a user a new password and ends all of the user's logins. (The
// panel renews the login of the person who asked; it gets a new token.) An *Invalid when
// it is unfit, or when another one is due and it is the same.
func (s *Store) SetPassword(ctx context.Context, id, password string) error {
	return s.setPassword(ctx, id, password, false)
}

// ResetPassword is SetPassword by somebody else, who knows it then: the user chooses
// another at the next sign-in.
func (s *Store) ResetPassword(ctx context.Context, id, password string) error {
	return s.setPassword(ctx, id, password, true)
}

func (s *Store) setPassword(ctx context.Context, id, password string, due bool) error {
	doing := "set password"
	var row userRow
	if err := s.read(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return wrap(ctx, doing, err)
	}
	if err := passwords.Check(password, row.Name); err != nil {
		return err
	}
	if row.PasswordDue && !due {
		same, _, err := s.hash.Matches(ctx, password, row.PasswordHash, Asker{})
		if err != nil {
			return err
		}
		if same {
			return rules.Refuse("password", "password_same", "This is the password that was set for you; choose another.")
		}
	}
	hash, err := s.hash.Create(ctx, password)
	if err != nil {
		return err
	}
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		now := s.nowMilli()
		res := tx.Model(&userRow{}).Where("id = ?", id).
			Updates(map[string]any{"password_hash": hash, "password_at": now, "password_due": due, "updated_at": now})
		if err := changed(ctx, doing, res); err != nil {
			return err
		}
		return s.endLogins(tx.Where("user_id = ?", id))
	})
	return s.settle(ctx, doing, err)
}

// Prefs is how a user wants the panel; empty fields are the browser's choice.
type Prefs struct {
	Lang  string // at most 20 characters
	Theme string // at most 20 characters
	Zone  string // at most 64 characters
}

// SetUserPrefs stores the preferences of a user, all of them.
func (s *Store) SetUserPrefs(ctx context.Context, id string, p Prefs) error {
	switch {
	case len(p.Lang) > 20:
		return rules.Refuse("lang", "lang_invalid", "This is not a language.")
	case len(p.Theme) > 20:
		return rules.Refuse("theme", "theme_invalid", "This is not a theme.")
	case len(p.Zone) > 64:
		return rules.Refuse("zone", "zone_unknown", "This is not a time zone.")
	}
	res := s.write(ctx).Model(&userRow{}).Where("id = ?", id).
		Updates(map[string]any{"lang": p.Lang, "theme": p.Theme, "zone": p.Zone, "updated_at": s.nowMilli()})
	return changed(ctx, "store user preferences", res)
}

// SetUserRole gives a user another role. An *Invalid with the code "last_admin"
// when nobody would be left to administer.
func (s *Store) SetUserRole(ctx context.Context, id, role string) error {
	if err := checkRole(role); err != nil {
		return err
	}
	doing := "set role"
	return s.tx(ctx, doing, func(tx *gorm.DB) error {
		if role != RoleAdmin {
			if err := s.otherAdmin(tx, id); err != nil {
				return err
			}
			// Who may no longer invite must not let anybody in by an older invitation.
			if err := tx.Where("user_id = ?", id).Delete(&invitationRow{}).Error; err != nil {
				return err
			}
		}
		return changed(ctx, doing, tx.Model(&userRow{}).Where("id = ?", id).
			Updates(map[string]any{"role": role, "updated_at": s.nowMilli()}))
	})
}

// DeleteUser removes a user with all logins. An *Invalid with the code
// "last_admin" when nobody would be left to administer.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	doing := "delete user"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := s.otherAdmin(tx, id); err != nil {
			return err
		}
		return changed(ctx, doing, tx.Where("id = ?", id).Delete(&userRow{}))
	})
	return s.settle(ctx, doing, err)
}

// otherAdmin refuses when id is the only admin.
func (s *Store) otherAdmin(tx *gorm.DB, id string) error {
	if err := s.lockUsers(tx); err != nil {
		return err
	}
	var admins []string
	err := tx.Model(&userRow{}).Where("role = ?", RoleAdmin).Limit(2).Pluck("id", &admins).Error
	if err != nil {
		return err
	}
	if len(admins) == 1 && admins[0] == id {
		return rules.Refuse("role", "last_admin", "This is the last admin; make somebody else admin first.")
	}
	return nil
}

// RemoveFactors ends everything a user signs in with beside the password: the
// authenticator app, its recovery codes and all passkeys. It is for who has lost them.
func (s *Store) RemoveFactors(ctx context.Context, userID string) error {
	doing := "remove second factors"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		for _, row := range []any{&recoveryRow{}, &totpRow{}, &passkeyRow{}} {
			if err := tx.Where("user_id = ?", userID).Delete(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return s.settle(ctx, doing, err)
}

type assignmentRow struct {
	UserID   string `gorm:"primaryKey"`
	DeviceID string `gorm:"primaryKey"`
}

func (assignmentRow) TableName() string { return "device_assignments" }

// AssignDevices says which devices an operator or viewer may see: these and no
// others. ErrNotFound when there is no such user, or a device is unknown. (Admins
// see every device without being assigned to any.)
func (s *Store) AssignDevices(ctx context.Context, userID string, deviceIDs []string) error {
	if _, err := s.User(ctx, userID); err != nil {
		return err
	}
	rows := make([]assignmentRow, 0, len(deviceIDs))
	for _, id := range onlyOnce(deviceIDs) {
		rows = append(rows, assignmentRow{UserID: userID, DeviceID: id})
	}
	return s.assign(ctx, userID, false, rows)
}

// AssignAllDevices says that a user sees every device, also those to come. ErrNotFound when
// there is no such user.
func (s *Store) AssignAllDevices(ctx context.Context, userID string) error {
	return s.assign(ctx, userID, true, nil)
}

func (s *Store) assign(ctx context.Context, userID string, all bool, rows []assignmentRow) error {
	doing := "assign devices"
	err := s.tx(ctx, doing, func(tx *gorm.DB) error {
		if err := tx.Where("user_id = ?", userID).Delete(&assignmentRow{}).Error; err != nil {
			return err
		}
		if err := changed(ctx, doing, tx.Model(&userRow{}).Where("id = ?", userID).Update("all_devices", all)); err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		return tx.CreateInBatches(&rows, 200).Error
	})
	return s.settle(ctx, doing, err)
}

// AssignedDevices returns the IDs of the devices a user is assigned to; none of who sees all.
func (s *Store) AssignedDevices(ctx context.Context, userID string) (map[string]bool, error) {
	var ids []string
	err := s.read(ctx).Model(&assignmentRow{}).Where("user_id = ?", userID).Pluck("device_id", &ids).Error
	if err != nil {
		return nil, wrap(ctx, "list assigned devices", err)
	}
	assigned := make(map[string]bool, len(ids))
	for _, id := range ids {
		assigned[id] = true
	}
	return assigned, nil
}
