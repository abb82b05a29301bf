package session

import (
	"context"

	"wadah/models"
	"wadah/session/message"
)

// Groups returns the groups of a device's account, with their members if they are wanted.
// WhatsApp is asked when it never was; with fresh anew, which it allows seldom.
// Errors: ErrNoDevice, message.ErrOffline, *message.PacedError, *message.RefusedError
// when WhatsApp wants fewer questions.
func (m *Manager) Groups(ctx context.Context, deviceID string, fresh, members bool) ([]models.Group, error) {
	s, err := m.Standing(deviceID)
	if err != nil {
		return nil, err
	}
	return m.groups.List(ctx, deviceID, s.Account, fresh, members, func(ctx context.Context) (list []message.Group, err error) {
		err = m.actAs(deviceID, s.Account, func(c Conn) error {
			list, err = c.Groups(ctx)
			return err
		})
		return list, err
	})
}

// Group returns a group of a device's account. WhatsApp is asked about one that is not
// known; with fresh anew. Errors: as Groups; *message.RefusedError (not_in_group).
func (m *Manager) Group(ctx context.Context, deviceID, jid string, fresh bool) (models.Group, error) {
	s, err := m.Standing(deviceID)
	if err != nil {
		return models.Group{}, err
	}
	return m.groups.Get(ctx, deviceID, s.Account, jid, fresh, func(ctx context.Context, jid string) (g message.Group, err error) {
		err = m.actAs(deviceID, s.Account, func(c Conn) error {
			g, err = c.Group(ctx, jid)
			return err
		})
		return g, err
	})
}

// InvitedTo returns the address of the group that the code of an invitation leads to.
// Errors: as Groups; *message.RefusedError (invite_invalid).
func (m *Manager) InvitedTo(ctx context.Context, deviceID, code string) (jid string, err error) {
	s, err := m.Standing(deviceID)
	if err != nil {
		return "", err
	}
	return m.groups.Invited(ctx, deviceID, s.Account, code, func(ctx context.Context, code string) (g message.Group, err error) {
		err = m.actAs(deviceID, s.Account, func(c Conn) error {
			g, err = c.InvitedTo(ctx, code)
			return err
		})
		return g, err
	})
}

// actAs does something on the connection of a device, while it is that of this account.
func (m *Manager) actAs(deviceID, account string, do func(Conn) error) error {
	s, err := m.Standing(deviceID)
	if err != nil {
		return err
	}
	if s.Account != account || !s.Connected {
		return &message.OfflineError{Standing: s}
	}
	return m.act(deviceID, do)
}
