//go:build !race

package trial_test

import (
	"context"
	"slices"
	"sync"

	"wadah/session"
	"wadah/session/message"
)

// gate is the driver, with a place to stand between it and the manager.
type gate struct {
	session.Driver

	mu     sync.Mutex
	before func(session.Target, session.Signal)
	conns  []*gateConn // open ones
	dials  int         // begun so far

	noHistory bool                         // no piece of history can be read
	accepting func(message.Incoming) error // may refuse what is handed over; nil refuses nothing
}

// dialled is how many dials have begun.
func (g *gate) dialled() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dials
}

// atSignal calls f before each signal is handed to the manager; nil ends that.
func (g *gate) atSignal(f func(session.Target, session.Signal)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before = f
}

// once calls f before the first signal of its kind that comes from now on, and
// closes the channel after that.
func once[T session.Signal](g *gate, f func()) <-chan struct{} {
	var first sync.Once
	struck := make(chan struct{})
	g.atSignal(func(_ session.Target, s session.Signal) {
		if _, is := s.(T); is {
			first.Do(func() { f(); close(struck) })
		}
	})
	return struck
}

// Dial dials, and passes signals by atSignal's function.
func (g *gate) Dial(ctx context.Context, to session.Target, on session.Handler) (session.Conn, error) {
	g.mu.Lock()
	g.dials++
	g.mu.Unlock()
	deliver, accept := on.Signal, on.Accept
	on.Accept = func(in message.Incoming) error {
		g.mu.Lock()
		accepting := g.accepting
		g.mu.Unlock()
		if accepting != nil {
			if err := accepting(in); err != nil {
				return err
			}
		}
		return accept(in)
	}
	on.Signal = func(s session.Signal) {
		g.mu.Lock()
		before := g.before
		g.mu.Unlock()
		if before != nil {
			before(to, s)
		}
		deliver(s)
	}
	conn, err := g.Driver.Dial(ctx, to, on)
	if err != nil {
		return nil, err
	}
	c := &gateConn{Conn: conn, gate: g, closed: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns = append(g.conns, c)
	return c, nil
}

// conn is the newest open connection; nil when there is none.
func (g *gate) conn() *gateConn {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.conns) == 0 {
		return nil
	}
	return g.conns[len(g.conns)-1]
}

// open lists the connections that are not closed.
func (g *gate) open() []*gateConn {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.conns)
}

type gateConn struct {
	session.Conn
	gate   *gate
	closed chan struct{}
	once   sync.Once
}

// Close closes, and tells those who use the connection.
func (c *gateConn) Close() {
	c.once.Do(func() {
		close(c.closed)
		c.gate.mu.Lock()
		defer c.gate.mu.Unlock()
		for i, other := range c.gate.conns {
			if other == c {
				c.gate.conns = append(c.gate.conns[:i:i], c.gate.conns[i+1:]...)
				break
			}
		}
	})
	c.Conn.Close()
}
