package session

import (
	"context"
	"strings"

	"wadah/models"
	"wadah/session/message"
)

// accept is the driver's way in for what WhatsApp handed over. It takes no lock of the
// device: the library holds up everything else of the connection meanwhile. What an
// attempt that is no longer current still brings is as good as any other; nobody else
// has it.
func (a *attempt) accept(in message.Incoming) error {
	account := accountOf(a.jid)
	if m, ok := in.(message.Message); ok && m.Content.Kind == message.KindVote {
		if err := a.nameVotes(account, &m.Content); err != nil {
			return err
		}
		in = m
	}
	out, err := a.d.m.inbox.Accept(a.d.id, account, in)
	if err != nil {
		return err
	}
	if out.Expects {
		a.expect()
	}
	if limit, ok := in.(message.Limit); ok {
		a.d.m.outbox.Limited(a.d.id, account, limit)
	}
	return nil
}

// nameVotes puts the options of its poll into a vote, which names them by hash. The poll
// may be forgotten sooner than the vote.
func (a *attempt) nameVotes(account string, vote *message.Content) error {
	if vote.Target == nil || len(vote.Votes) == 0 {
		return nil
	}
	list, err := a.d.m.store.Messages(context.Background(), models.MessageFilter{DeviceID: a.d.id, WAID: vote.Target.ID, Limit: 10})
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.Kind != string(message.KindPoll) || m.Chat.Account != account {
			continue
		}
		record, err := message.DecodeRecord(m.Body)
		if err == nil && record.Content.Poll != nil {
			vote.Chosen = record.Content.Poll.Chosen(vote.Votes)
			return nil
		}
	}
	return nil
}

// sent is what the account sent under this ID, for recipients who could not read it.
func (a *attempt) sent(id string) ([]byte, error) {
	own := true
	list, err := a.d.m.store.Messages(a.ctx, models.MessageFilter{DeviceID: a.d.id, WAID: id, FromMe: &own, About: true, Limit: 1})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	record, err := message.DecodeRecord(list[0].Body)
	return record.Raw, err
}

// accountOf is the number of the account that a link belongs to.
func accountOf(jid string) string {
	user, _, _ := strings.Cut(jid, "@")
	number, _, _ := strings.Cut(user, ":")
	number, _, _ = strings.Cut(number, ".")
	return number
}

var _ message.Sender = (*Manager)(nil)

// Outbox is where messages are handed over to be sent.
func (m *Manager) Outbox() *message.Outbox { return m.outbox }

// Standing says whether messages of the device can be sent now. Errors: ErrNoDevice.
func (m *Manager) Standing(deviceID string) (message.Standing, error) {
	d, err := m.device(deviceID)
	if err != nil {
		return message.Standing{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.snap.Load()
	return message.Standing{
		Account:   accountOf(d.link),
		Connected: s.State == StateConnected,
		Coming:    s.Linked() && s.Desired && (s.State == StatePairing || s.State == StateOff && s.Retrying),
		State:     string(s.State), Reason: string(s.Reason),
		Changed: d.awaitChange(),
	}, nil
}

// Encode makes WhatsApp's protobuf of a message. Errors: ErrNoDevice, *message.Invalid.
func (m *Manager) Encode(ctx context.Context, deviceID string, out message.Outgoing) ([]byte, error) {
	d, err := m.device(deviceID)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	jid := d.link
	d.mu.Unlock()
	return m.driver.Encode(ctx, jid, out)
}

// Send hands a stored message over on the device's connection. Errors: see message.Sender.
func (m *Manager) Send(ctx context.Context, deviceID string, ready message.Ready) (message.Ack, error) {
	conn := m.online(deviceID)
	if conn == nil {
		return message.Ack{}, message.ErrOffline
	}
	return conn.Send(ctx, ready)
}

// Typing shows that the account is writing, or no longer is.
func (m *Manager) Typing(ctx context.Context, deviceID string, to message.Chat, on bool) error {
	conn := m.online(deviceID)
	if conn == nil {
		return message.ErrOffline
	}
	return conn.Typing(ctx, to, on)
}

// online is the connection of a device that is CONNECTED; nil when it is not.
func (m *Manager) online(deviceID string) Conn {
	d, err := m.device(deviceID)
	if err != nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.att == nil || d.snap.Load().State != StateConnected {
		return nil
	}
	return d.att.conn
}

// MarkRead tells the sender of messages that they were read, and nothing in their chat is
// unread then. Errors: message.ErrOffline when the device is not CONNECTED.
func (m *Manager) MarkRead(ctx context.Context, deviceID string, r message.ReadMessages) error {
	s, err := m.Standing(deviceID)
	if err != nil {
		return err
	}
	if err := m.act(deviceID, func(c Conn) error { return c.MarkRead(ctx, r) }); err != nil {
		return err
	}
	_, err = m.inbox.Accept(deviceID, s.Account, message.OwnRead{Chat: r.Chat, At: r.At})
	return err
}

// SetPresence shows the account as available or not until its connection ends. While it is
// available the account's phone shows no notifications.
// Errors: message.ErrOffline when the device is not CONNECTED.
func (m *Manager) SetPresence(ctx context.Context, deviceID string, available bool) error {
	return m.act(deviceID, func(c Conn) error { return c.SetPresence(ctx, available) })
}

// RejectCall declines a call that rings; event "call" names both.
// Errors: message.ErrOffline when the device is not CONNECTED.
func (m *Manager) RejectCall(ctx context.Context, deviceID string, from message.Party, callID string) error {
	return m.act(deviceID, func(c Conn) error { return c.RejectCall(ctx, from, callID) })
}

// CheckNumbers answers whether phone numbers (digits without plus, at most
// message.MaxCheck) are on WhatsApp, in their order.
// Errors: ErrNoDevice, message.ErrOffline, *message.Invalid, *message.PacedError,
// *message.RefusedError when WhatsApp wants fewer questions.
func (m *Manager) CheckNumbers(ctx context.Context, deviceID string, numbers []string) ([]message.NumberCheck, error) {
	s, err := m.Standing(deviceID)
	if err != nil {
		return nil, err
	}
	conn := m.online(deviceID)
	if conn == nil {
		return nil, message.ErrOffline
	}
	return m.numbers.Check(ctx, deviceID, s.Account, numbers, conn.CheckNumbers)
}

// act does something on the connection of a device that is CONNECTED.
func (m *Manager) act(deviceID string, do func(Conn) error) error {
	conn := m.online(deviceID)
	if conn == nil {
		return message.ErrOffline
	}
	return do(conn)
}
