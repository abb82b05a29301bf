package sessiontest

import (
	"context"
	"slices"

	"wadah/session/message"
)

// groups is what WhatsApp knows of groups.
type groups struct {
	list    []message.Group
	invites map[string]string // codes, and where they lead
	err     error
	asked   int
}

// SetGroups sets the groups that every account is in, and the codes that lead to them.
func (d *Driver) SetGroups(invites map[string]string, list ...message.Group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups.list, d.groups.invites = list, invites
}

// FailGroups makes questions about groups fail with err; nil ends that.
func (d *Driver) FailGroups(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.groups.err = err
}

// GroupsAsked counts the questions about groups.
func (d *Driver) GroupsAsked() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.groups.asked
}

// Groups implements session.Conn: there are none, unless SetGroups says so.
func (c *Conn) Groups(ctx context.Context) ([]message.Group, error) {
	c.driver.mu.Lock()
	defer c.driver.mu.Unlock()
	c.driver.groups.asked++
	if c.driver.groups.err != nil {
		return nil, c.driver.groups.err
	}
	return slices.Clone(c.driver.groups.list), ctx.Err()
}

// Group implements session.Conn.
func (c *Conn) Group(ctx context.Context, jid string) (message.Group, error) {
	list, err := c.Groups(ctx)
	for _, g := range list {
		if g.JID == jid {
			return g, err
		}
	}
	if err == nil {
		err = &message.RefusedError{Why: message.RefusedNotInGroup}
	}
	return message.Group{}, err
}

// InvitedTo implements session.Conn.
func (c *Conn) InvitedTo(ctx context.Context, code string) (message.Group, error) {
	c.driver.mu.Lock()
	jid, known := c.driver.groups.invites[code]
	c.driver.mu.Unlock()
	if !known {
		return message.Group{}, &message.RefusedError{Why: message.RefusedInvite}
	}
	g, err := c.Group(ctx, jid)
	g.JID = jid
	return g, err
}
