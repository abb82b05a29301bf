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

// MayRead reports whether the visitor may read what was said on the devices in sight.
func (v *Visitor) MayRead(ctx context.Context, store *models.Store) (bool, error) {
	if v.User == nil || v.User.Role == models.RoleAdmin {
		return v.User != nil, nil
	}
	roles, err := Readers(ctx, store)
	return slices.Contains(roles, v.User.Role), err
}
