package session

import (
	"context"

	"wadah/session/message"
)

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
