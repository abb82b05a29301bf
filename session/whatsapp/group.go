package whatsapp

import (
	"context"

	"go.mau.fi/whatsmeow/types"

	"wadah/session/message"
)

// Groups asks for all groups of the account; see session.Conn.
func (c *conn) Groups(ctx context.Context) (list []message.Group, err error) {
	err = c.act(func() error {
		groups, err := c.cli.GetJoinedGroups(ctx)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if one := c.converter.Group(g); one.JID != "" {
				list = append(list, one)
			}
		}
		return nil
	})
	return list, err
}

// Group asks about one group; see session.Conn.
func (c *conn) Group(ctx context.Context, jid string) (message.Group, error) {
	group, err := types.ParseJID(jid)
	if err != nil {
		return message.Group{}, &message.RefusedError{Why: message.RefusedNotInGroup}
	}
	return c.group(func() (*types.GroupInfo, error) { return c.cli.GetGroupInfo(ctx, group) })
}

// InvitedTo asks where an invitation leads; see session.Conn.
func (c *conn) InvitedTo(ctx context.Context, code string) (message.Group, error) {
	return c.group(func() (*types.GroupInfo, error) { return c.cli.GetGroupInfoFromLink(ctx, code) })
}

func (c *conn) group(ask func() (*types.GroupInfo, error)) (g message.Group, err error) {
	err = c.act(func() error {
		info, err := ask()
		if err == nil {
			g = c.converter.Group(info)
		}
		return err
	})
	return g, err
}
