package limit

import (
	"container/list"
	"context"
	"net"
	"time"
)

// Conn is one connection of a server. All methods but Close and those of [net.Conn] do
// nothing on a nil one: that of a request which came over no counted connection.
type Conn struct {
	net.Conn
	conns *Conns
	peer  *peer

	// The rest is guarded by conns.mu.

	known   bool // somebody has been recognised on it, or it is a proxy's
	serving int  // requests that are being served; several with HTTP/2
	since   time.Time
	waits   struct{ all, peer *list.Element } // its places in line; nil while it does not
	left    bool                              // it is no longer in the books
}

// connKey is where a request's context has its connection.
type connKey struct{}

// Context gives requests of a connection their Conn; it is an [http.Server]'s ConnContext.
func Context(ctx context.Context, c net.Conn) context.Context {
	if outer, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = outer.NetConn()
	}
	if counted, ok := c.(*Conn); ok {
		return context.WithValue(ctx, connKey{}, counted)
	}
	return ctx
}

// ConnOf is the connection of a request; nil when it is not counted.
func ConnOf(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}

// Begin says that a request is being served: until End the connection gives way to nobody.
func (c *Conn) Begin() {
	if c == nil {
		return
	}
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	c.serving++
	c.serveLocked()
}

// End says that a request has been served.
func (c *Conn) End() {
	if c == nil {
		return
	}
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	if c.serving--; c.serving == 0 && !c.left {
		c.waitLocked()
	}
}

// Recognise says that somebody has shown on this connection that they may be here: it may
// wait longer for the next request, and gives way to strangers' last.
func (c *Conn) Recognise() {
	if c == nil {
		return
	}
	c.conns.mu.Lock()
	defer c.conns.mu.Unlock()
	c.known = true
}

// CloseWrite lets the server say that nothing more comes before it closes.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close ends the connection.
func (c *Conn) Close() error {
	c.conns.mu.Lock()
	c.leaveLocked()
	c.conns.mu.Unlock()
	return c.Conn.Close()
}

// waitLocked puts the connection behind all others that wait.
func (c *Conn) waitLocked() {
	c.since = time.Now()
	all := c.conns.strangers
	if c.known {
		all = c.conns.known
	}
	c.waits.all, c.waits.peer = all.PushBack(c), c.peer.waiting.PushBack(c)
}

// serveLocked takes the connection out of those that wait.
func (c *Conn) serveLocked() {
	if c.waits.all == nil {
		return
	}
	c.conns.strangers.Remove(c.waits.all) // each list removes only what it holds
	c.conns.known.Remove(c.waits.all)
	c.peer.waiting.Remove(c.waits.peer)
	c.waits.all, c.waits.peer = nil, nil
}

// leaveLocked takes the connection out of the books.
func (c *Conn) leaveLocked() {
	if c.left {
		return
	}
	c.left = true
	c.serveLocked()
	c.conns.total--
	if c.peer.count--; c.peer.count == 0 {
		delete(c.conns.peers, c.peer.addr)
	}
}
