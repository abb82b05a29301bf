package session

import (
	"context"

	"wadah/session/message"
)

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
