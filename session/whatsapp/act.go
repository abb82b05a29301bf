package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/message"
)

// MarkRead says that messages were read; see session.Conn.
func (c *conn) MarkRead(ctx context.Context, r message.ReadMessages) error {
	chat, err := types.ParseJID(r.Chat.Key())
	if err != nil || len(r.IDs) == 0 {
		return &message.RefusedError{Why: message.RefusedUnfit}
	}
	var sender types.JID
	if r.Sender.Known() {
		if sender, err = types.ParseJID(r.Sender.Key()); err != nil {
			return &message.RefusedError{Why: message.RefusedUnfit}
		}
	}
	return c.act(func() error { return c.cli.MarkRead(ctx, r.IDs, r.At, chat, sender) })
}

// SetPresence shows the account as available or not; see session.Conn.
func (c *conn) SetPresence(ctx context.Context, available bool) error {
	return c.act(func() error {
		c.mu.Lock()
		name := c.pushName
		c.mu.Unlock()
		c.available.Store(available)
		if available {
			c.sayPresence(ctx, types.PresenceAvailable, name)
		} else {
			c.sayPresence(ctx, types.PresenceUnavailable, name)
		}
		return nil
	})
}

// RejectCall declines a call; see session.Conn.
func (c *conn) RejectCall(ctx context.Context, from message.Party, callID string) error {
	jid, err := types.ParseJID(from.Key())
	if err != nil || callID == "" {
		return &message.RefusedError{Why: message.RefusedUnfit}
	}
	return c.act(func() error { return c.cli.RejectCall(ctx, jid, callID) })
}

// CheckNumbers asks who has phone numbers; see session.Conn.
func (c *conn) CheckNumbers(ctx context.Context, numbers []string) (found []message.NumberCheck, err error) {
	asked := make([]string, len(numbers))
	for i, n := range numbers {
		asked[i] = "+" + n // without it WhatsApp reads a number as a local one
	}
	err = c.act(func() error {
		answers, err := c.cli.IsOnWhatsApp(ctx, asked)
		if err != nil {
			return err
		}
		known := make(map[string]message.Party, len(answers))
		for _, a := range answers {
			if a.IsIn {
				known[a.Query] = message.PartyOf(a.JID.String(), a.PhoneNumber.String())
			}
		}
		for i, n := range numbers {
			person, in := known[asked[i]]
			found = append(found, message.NumberCheck{Number: n, Exists: in, Person: person})
		}
		return nil
	})
	return found, err
}

// act does something on a connection that is online, and sorts the library's errors.
func (c *conn) act(do func() error) error {
	if !c.isOnline() || !c.begin() {
		return message.ErrOffline
	}
	defer c.work.Done()
	err := do()
	var iq *whatsmeow.IQError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, whatsmeow.ErrNotConnected), errors.Is(err, whatsmeow.ErrNotLoggedIn):
		return message.ErrOffline
	case errors.Is(err, whatsmeow.ErrNotInGroup), errors.Is(err, whatsmeow.ErrGroupNotFound):
		return &message.RefusedError{Why: message.RefusedNotInGroup}
	case errors.Is(err, whatsmeow.ErrInviteLinkInvalid), errors.Is(err, whatsmeow.ErrInviteLinkRevoked):
		return &message.RefusedError{Why: message.RefusedInvite}
	case errors.As(err, &iq) && iq.Code == http.StatusTooManyRequests:
		return &message.RefusedError{Why: message.RefusedTooMany, Code: iq.Code}
	case errors.As(err, &iq):
		return fmt.Errorf("asking WhatsApp: %w", plainIQError(err))
	}
	return &redactedError{"asking WhatsApp", err}
}
