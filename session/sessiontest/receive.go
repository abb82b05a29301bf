package sessiontest

import (
	"context"
	"sync"

	"wadah/session"
	"wadah/session/message"
)

// history is what the phones of a driver have to tell, and what they were told was read.
type history struct {
	mu     sync.Mutex
	pieces map[string]func() (message.Digest, error) // by notice
	read   []string                                  // ids of notices

	settings func(name string, keys []byte, afresh bool) (message.Digest, error)
	reread   func(message.Message) message.Message
}

// SetHistory makes reading the piece with this notice call f; without it a piece is gone.
func (d *Driver) SetHistory(notice string, f func() (message.Digest, error)) {
	d.history.mu.Lock()
	defer d.history.mu.Unlock()
	if d.history.pieces == nil {
		d.history.pieces = make(map[string]func() (message.Digest, error))
	}
	d.history.pieces[notice] = f
}

// HistoryRead lists the ids of the notices that phones were told were read.
func (d *Driver) HistoryRead() []string {
	d.history.mu.Lock()
	defer d.history.mu.Unlock()
	return append([]string(nil), d.history.read...)
}

// Deliver has WhatsApp hand over something. It returns what Accept answered; a real
// driver acknowledges only when that is nil.
func (c *Conn) Deliver(in message.Incoming) error { return c.on.Accept(in) }

// ReadHistory implements session.Conn.
func (c *Conn) ReadHistory(_ context.Context, notice []byte) (message.Digest, error) {
	c.driver.history.mu.Lock()
	f := c.driver.history.pieces[string(notice)]
	c.driver.history.mu.Unlock()
	if f == nil {
		return message.Digest{}, session.ErrGone
	}
	return f()
}

// HistoryRead implements session.Conn.
func (c *Conn) HistoryRead(_ context.Context, id string, _ []byte) {
	c.driver.history.mu.Lock()
	defer c.driver.history.mu.Unlock()
	c.driver.history.read = append(c.driver.history.read, id)
}

// SetAppState makes reading these settings call f; without it they say nothing.
func (d *Driver) SetAppState(f func(name string, keys []byte, afresh bool) (message.Digest, error)) {
	d.history.mu.Lock()
	defer d.history.mu.Unlock()
	d.history.settings = f
}

// ReadAppState implements session.Conn.
func (c *Conn) ReadAppState(_ context.Context, name string, keys []byte, afresh bool) (message.Digest, error) {
	c.driver.history.mu.Lock()
	f := c.driver.history.settings
	c.driver.history.mu.Unlock()
	if f == nil {
		return message.Digest{}, nil
	}
	return f(name, keys, afresh)
}

// SetReread makes reading sealed messages anew call f; without it they stay sealed.
func (d *Driver) SetReread(f func(message.Message) message.Message) {
	d.history.mu.Lock()
	defer d.history.mu.Unlock()
	d.history.reread = f
}

// Reread implements session.Conn.
func (c *Conn) Reread(_ context.Context, m message.Message) message.Message {
	c.driver.history.mu.Lock()
	f := c.driver.history.reread
	c.driver.history.mu.Unlock()
	if f == nil {
		return m
	}
	return f(m)
}
