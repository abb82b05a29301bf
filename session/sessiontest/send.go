package sessiontest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"wadah/session/message"
)

// sends is what the connections of a driver were given to send.
type sends struct {
	mu   sync.Mutex
	hook func(device string, m message.Ready) (message.Ack, error)
	list []Sent

	check func(numbers []string) ([]message.NumberCheck, error)
}

// Sent is one message that was handed over, however that ended.
type Sent struct {
	Device string
	message.Ready
}

// SetOnSend replaces what becomes of messages that are handed over; nil acknowledges all.
func (d *Driver) SetOnSend(f func(device string, m message.Ready) (message.Ack, error)) {
	d.sends.mu.Lock()
	defer d.sends.mu.Unlock()
	d.sends.hook = f
}

// Sent lists the messages that were handed over, in that order, repeats included.
func (d *Driver) Sent() []Sent {
	d.sends.mu.Lock()
	defer d.sends.mu.Unlock()
	return slices.Clone(d.sends.list)
}

// Encode implements session.Driver: the protobuf is the content's JSON.
func (d *Driver) Encode(_ context.Context, _ string, out message.Outgoing) ([]byte, error) {
	if err := out.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(out.Content)
}

// Send implements session.Conn.
func (c *Conn) Send(ctx context.Context, m message.Ready) (message.Ack, error) {
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return message.Ack{}, message.ErrOffline
	}
	c.driver.sends.mu.Lock()
	c.driver.sends.list = append(c.driver.sends.list, Sent{Device: c.target.DeviceID, Ready: m})
	hook := c.driver.sends.hook
	c.driver.sends.mu.Unlock()
	if hook != nil {
		return hook(c.target.DeviceID, m)
	}
	return message.Ack{At: time.Now(), To: m.To}, ctx.Err()
}

// Typing implements session.Conn.
func (c *Conn) Typing(ctx context.Context, _ message.Chat, _ bool) error { return ctx.Err() }

// MarkRead implements session.Conn.
func (c *Conn) MarkRead(ctx context.Context, _ message.ReadMessages) error { return ctx.Err() }

// SetPresence implements session.Conn.
func (c *Conn) SetPresence(ctx context.Context, _ bool) error { return ctx.Err() }

// RejectCall implements session.Conn.
func (c *Conn) RejectCall(ctx context.Context, _ message.Party, _ string) error { return ctx.Err() }

// CheckNumbers implements session.Conn: nobody has the numbers, unless SetOnCheck says so.
func (c *Conn) CheckNumbers(ctx context.Context, numbers []string) ([]message.NumberCheck, error) {
	c.driver.sends.mu.Lock()
	hook := c.driver.sends.check
	c.driver.sends.mu.Unlock()
	if hook != nil {
		return hook(numbers)
	}
	list := make([]message.NumberCheck, len(numbers))
	for i, n := range numbers {
		list[i].Number = n
	}
	return list, ctx.Err()
}

// SetOnCheck replaces what is answered about numbers; nil knows nobody.
func (d *Driver) SetOnCheck(f func(numbers []string) ([]message.NumberCheck, error)) {
	d.sends.mu.Lock()
	defer d.sends.mu.Unlock()
	d.sends.check = f
}
