package models

import (
	"context"
	"encoding/base64"
	"time"

	"gorm.io/gorm"

	"wadah/models/rules"
)

// MaxPasskeys is how many passkeys one user may have.
const MaxPasskeys = 20

// Passkey is a WebAuthn credential a user signs in with. It holds a public key only.
type Passkey struct {
	ID           string
	UserID       string
	Name         string
	CredentialID []byte
	Credential   []byte // the credential in the form the WebAuthn library stores (JSON)
	CreatedAt    time.Time
	LastUsedAt   *time.Time
}

type passkeyRow struct {
	ID           string `gorm:"primaryKey"`
	UserID       string
	Name         string
	CredentialID string // base64url without padding
	Credential   []byte
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	LastUsedAt   *int64
}

func (passkeyRow) TableName() string { return "passkeys" }

func (r passkeyRow) passkey() (Passkey, error) {
	id, err := base64.RawURLEncoding.DecodeString(r.CredentialID)
	if err != nil {
		return Passkey{}, faultf(ErrCorrupt, err, "a stored passkey is damaged; remove it and add it anew")
	}
	return Passkey{
		ID: r.ID, UserID: r.UserID, Name: r.Name, CredentialID: id, Credential: r.Credential,
		CreatedAt: fromMilli(r.CreatedAt), LastUsedAt: fromMilliPtr(r.LastUsedAt),
	}, nil
}

// AddPasskey stores a user's new passkey. An *Invalid when the name is unfit or the
// user has too many; ErrConflict when the credential is registered already.
func (s *Store) AddPasskey(ctx context.Context, userID, name string, credentialID, credential []byte) (Passkey, error) {
	name, err := rules.Name(name)
	if err != nil {
		return Passkey{}, err
	}
	now := s.now()
	row := passkeyRow{
		ID: s.ids.next(now), UserID: userID, Name: name,
		CredentialID: base64.RawURLEncoding.EncodeToString(credentialID), Credential: credential, CreatedAt: now.UnixMilli(),
	}
	doing := "add passkey"
	err = s.tx(ctx, doing, func(tx *gorm.DB) error {
		var n int64
		if err := tx.Model(&passkeyRow{}).Where("user_id = ?", userID).Count(&n).Error; err != nil {
			return err
		}
		if n >= MaxPasskeys {
			return rules.Refuse("passkey", "passkeys_too_many", "Remove a passkey before you add another one.")
		}
		return tx.Create(&row).Error
	})
	if err := s.settle(ctx, doing, err); err != nil {
		return Passkey{}, err
	}
	return row.passkey()
}

// Passkeys returns a user's passkeys, oldest first.
func (s *Store) Passkeys(ctx context.Context, userID string) ([]Passkey, error) {
	var rows []passkeyRow
	if err := s.read(ctx).Where("user_id = ?", userID).Order("id").Find(&rows).Error; err != nil {
		return nil, wrap(ctx, "list passkeys", err)
	}
	keys := make([]Passkey, 0, len(rows))
	for _, r := range rows {
		k, err := r.passkey()
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// PasskeyByCredential returns the passkey with this credential ID; ErrNotFound when
// there is none.
func (s *Store) PasskeyByCredential(ctx context.Context, credentialID []byte) (Passkey, error) {
	var row passkeyRow
	err := s.read(ctx).Where("credential_id = ?", base64.RawURLEncoding.EncodeToString(credentialID)).Take(&row).Error
	if err != nil {
		return Passkey{}, wrap(ctx, "read passkey", err)
	}
	return row.passkey()
}

// UsePasskey stores the credential as it is after a ceremony that was begun at one time
// and could be answered until another (the credential's counter moves). ErrConflict when
// the passkey was used in between: the answer to one challenge opens one door, also after
// a restart and on another node. A use that seems to be later than that is no obstacle:
// the clock was wrong then.
func (s *Store) UsePasskey(ctx context.Context, id string, credential []byte, begun, until time.Time) error {
	used := max(s.nowMilli(), begun.UnixMilli()+1) // in between, however quick it was
	res := s.write(ctx).Model(&passkeyRow{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at NOT BETWEEN ? AND ?)", id, begun.UnixMilli()+1, until.UnixMilli()).
		Updates(map[string]any{"credential": credential, "last_used_at": used})
	if res.Error == nil && res.RowsAffected == 0 {
		return faultf(ErrConflict, nil, "the passkey was used, or removed, since")
	}
	return wrap(ctx, "use passkey", res.Error)
}

// RenamePasskey changes the name; ErrNotFound when the user has no such passkey.
func (s *Store) RenamePasskey(ctx context.Context, userID, id, name string) error {
	name, err := rules.Name(name)
	if err != nil {
		return err
	}
	res := s.write(ctx).Model(&passkeyRow{}).Where("id = ? AND user_id = ?", id, userID).Update("name", name)
	return changed(ctx, "rename passkey", res)
}

// RemovePasskey ends a passkey; ErrNotFound when the user has no such passkey.
func (s *Store) RemovePasskey(ctx context.Context, userID, id string) error {
	res := s.write(ctx).Where("id = ? AND user_id = ?", id, userID).Delete(&passkeyRow{})
	return s.settle(ctx, "remove passkey", changed(ctx, "remove passkey", res))
}
