package whatsapp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"wadah/session"
	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// ackLimit is how long WhatsApp may take to acknowledge a message.
const ackLimit = 20 * time.Second

// Encode makes WhatsApp's protobuf of a message; see session.Driver.
func (d *Driver) Encode(ctx context.Context, jid string, out message.Outgoing) ([]byte, error) {
	self := message.PartyOf(jid)
	if jid != "" {
		if parsed, err := types.ParseJID(jid); err == nil {
			if lid, err := d.store.LIDMap.GetLIDForPN(ctx, parsed.ToNonAD()); err == nil {
				self = message.PartyOf(jid, lid.String())
			}
		}
	}
	return (&convert.Converter{Self: self}).Encode(out, rand.Reader)
}

// Send hands a message over; see message.Sender. The frame leaves through wire.Write,
// which syncs first what was stored for it.
func (c *conn) Send(ctx context.Context, m message.Ready) (message.Ack, error) {
	to, err := types.ParseJID(m.To.Key())
	if err != nil {
		return message.Ack{}, &message.RefusedError{Why: message.RefusedUnfit}
	}
	content, err := convert.Decode(m.Raw)
	if err != nil {
		return message.Ack{}, &message.RefusedError{Why: message.RefusedUnfit}
	}
	if !c.isOnline() || !c.begin() {
		return message.Ack{}, message.ErrOffline
	}
	defer c.work.Done()
	var resp whatsmeow.SendResponse
	var left int
	for again := true; again; {
		c.partial.begin(m.ID)
		resp, err = c.cli.SendMessage(ctx, to, content, whatsmeow.SendRequestExtra{ID: m.ID, Timeout: ackLimit})
		left = c.partial.end()
		again = errors.Is(err, errSessionTurned) && ctx.Err() == nil // it was not sent
	}
	if err != nil {
		return message.Ack{}, sendError(err)
	}
	ack := message.Ack{At: resp.Timestamp, To: m.To, Partial: left}
	if p := m.To.Person; m.To.Kind == message.ChatPerson && p.LID == "" {
		if lid, err := c.cli.Store.LIDs.GetLIDForPN(ctx, to); err == nil && !lid.IsEmpty() {
			ack.To.Person = message.PartyOf(p.PN, lid.String())
		}
	}
	return ack, nil
}

// Codes of WhatsApp's refusals of a message (whatsmeow receipt.go and what its users met).
const (
	nackReachout = 463 // the account may open no new chat, or has no token of this one
	nackTooMany  = 429
)

// sendError sorts the library's errors of sending; see message.Sender.
func sendError(err error) error {
	var iq *whatsmeow.IQError
	switch {
	case errors.Is(err, whatsmeow.ErrNotConnected), errors.Is(err, whatsmeow.ErrNotLoggedIn):
		return message.ErrOffline
	case errors.Is(err, whatsmeow.ErrServerReturnedError):
		return refusal(serverCode(err))
	case strings.HasPrefix(err.Error(), "no LID found for "):
		// The library has no sentinel for it (send.go): WhatsApp knows nobody by this number.
		return &message.RefusedError{Why: message.RefusedNotOnWhatsApp}
	case errors.Is(err, whatsmeow.ErrNotInGroup), errors.Is(err, whatsmeow.ErrGroupNotFound):
		return &message.RefusedError{Why: message.RefusedNotInGroup}
	case errors.As(err, &iq) && iq.Code == http.StatusTooManyRequests:
		return &message.RefusedError{Why: message.RefusedTooMany, Code: iq.Code}
	case errors.As(err, &iq):
		return fmt.Errorf("preparing a message: %w", plainIQError(err))
	}
	return &redactedError{"the outcome is open", err}
}

// serverCode finds the code in the library's error, which holds it as text.
func serverCode(err error) int {
	text := err.Error()
	code, _ := strconv.Atoi(text[strings.LastIndexByte(text, ' ')+1:])
	return code
}

func refusal(code int) error {
	switch code {
	case nackReachout:
		return &message.RefusedError{Why: message.RefusedReachout, Code: code}
	case nackTooMany:
		return &message.RefusedError{Why: message.RefusedTooMany, Code: code}
	}
	return &message.RefusedError{Why: message.RefusedByWhatsApp, Code: code}
}

// Typing shows that the account is writing; see session.Conn.
func (c *conn) Typing(ctx context.Context, to message.Chat, on bool) error {
	jid, err := types.ParseJID(to.Key())
	if err != nil {
		return &message.RefusedError{Why: message.RefusedUnfit}
	}
	if !c.isOnline() || !c.begin() {
		return message.ErrOffline
	}
	defer c.work.Done()
	c.mu.Lock()
	name := c.pushName
	c.mu.Unlock()
	if on {
		c.sayPresence(ctx, types.PresenceAvailable, name)
		return c.cli.SendChatPresence(ctx, jid, types.ChatPresenceComposing, "")
	}
	err = c.cli.SendChatPresence(ctx, jid, types.ChatPresencePaused, "")
	if !c.available.Load() {
		c.sayPresence(ctx, types.PresenceUnavailable, name)
	}
	return err
}

// resend answers a recipient who could not read a message of the account's own. The
// library changes what it is given.
func (c *conn) resend(_, _ types.JID, id types.MessageID) *waE2E.Message {
	if c.on.Sent == nil {
		return nil
	}
	raw, err := c.on.Sent(id)
	if err != nil || raw == nil {
		if err != nil {
			c.guard.trip(fmt.Errorf("%w: %w", session.ErrStorage, err))
		}
		return nil
	}
	content, err := convert.Decode(raw)
	if err != nil {
		return nil
	}
	return content
}
