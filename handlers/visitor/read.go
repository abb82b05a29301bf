package visitor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"wadah/models"
)

// ReadersSetting names the roles whose people may read messages, with commas between
// them. Admins always may.
const ReadersSetting = "message_readers"

// Readers are the roles, beside admins, whose people may read messages: operators, until
// somebody has chosen.
func Readers(ctx context.Context, store *models.Store) ([]string, error) {
	text, err := store.Setting(ctx, ReadersSetting)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return []string{models.RoleOperator}, nil
	case err != nil || text == "":
		return nil, err
	}
	return strings.Split(text, ","), nil
}

// SetReaders stores whose people may read messages beside admins. A role that cannot be
// chosen is left out. It returns what is stored.
func SetReaders(ctx context.Context, store *models.Store, roles []string) ([]string, error) {
	var chosen []string
	for _, role := range ReaderRoles() {
		if slices.Contains(roles, role) {
			chosen = append(chosen, role)
		}
	}
	return chosen, store.SetSetting(ctx, ReadersSetting, strings.Join(chosen, ","))
}

// ReaderRoles are the roles that can be chosen.
func ReaderRoles() []string { return []string{models.RoleOperator, models.RoleViewer} }

// MayRead reports whether the visitor may read what was said on the devices in sight.
func (v *Visitor) MayRead(ctx context.Context, store *models.Store) (bool, error) {
	if v.User == nil || v.User.Role == models.RoleAdmin {
		return v.User != nil, nil
	}
	roles, err := Readers(ctx, store)
	return slices.Contains(roles, v.User.Role), err
}
