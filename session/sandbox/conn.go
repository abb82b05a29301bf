package sandbox

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"wadah/session/sandbox/router"
	"wadah/session/sandbox/wire"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// stage is how far a connection has come.
type stage string

const (
	stageHandshake   stage = "handshake"
	stageRegistering stage = "registering"
	stageOnline      stage = "online"
)

// handshakeTimeout is how long a client may take from the upgrade to its login.
const handshakeTimeout = 20 * time.Second

// conn is one client connection. One goroutine, run, reads it and answers; other
// goroutines only send.
type conn struct {
	*wire.Conn
	s     *Service
	id    string
	since time.Time
	done  chan struct{} // closed when run has ended

	noiseKey [32]byte        // the client's; set by the handshake
	session  *router.Session // of a companion that has logged in; of the reading goroutine
	latency  atomic.Int64    // nanoseconds before each stanza is dealt with
	nextID   atomic.Uint64

	// Guarded by s.mu.
	stage        stage
	jid          types.JID
	companion    *companion
	registration *registration
}

func newConn(s *Service, id string, line *wire.Conn) *conn {
	return &conn{Conn: line, s: s, id: id, since: time.Now(), done: make(chan struct{}), stage: stageHandshake}
}

// run is the life of a connection. It owns reading and always closes.
func (c *conn) run() {
	defer c.s.work.Done()
	defer close(c.done)
	err := c.serve()
	c.Close(false)
	c.s.dropConn(c)
	c.Flushed()
	switch {
	case err == nil, errors.Is(err, wire.ErrPeerClosed), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case errors.Is(err, wire.ErrProtocol):
		c.s.count(func(n *counters) { n.malformed++ })
		c.s.log.Warn("connection broke the protocol", slog.String("conn", c.id), slog.Any("err", err))
	default:
		c.s.log.Debug("connection lost", slog.String("conn", c.id), slog.Any("err", err))
	}
}

func (c *conn) serve() error {
	if err := c.StayAwake(handshakeTimeout); err != nil {
		return err
	}
	if c.s.takeHandshakeFault() {
		c.SetSilent(true)
		return c.discard()
	}
	if c.s.Outage() == OutageHandshake {
		return c.ReadFrame()
	}
	key, payload, err := c.Handshake(c.s.authority)
	if err != nil {
		return err
	}
	c.noiseKey = key
	if err := c.admit(payload); err != nil {
		return err
	}
	return c.loop()
}

// loop reads stanzas until the connection ends.
func (c *conn) loop() error {
	for {
		if err := c.StayAwake(c.s.cfg.IdleTimeout); err != nil {
			return err
		}
		node, err := c.Next()
		if err != nil {
			return err
		}
		if err := c.delay(); err != nil {
			return err
		}
		if c.Silent() || c.Ended() {
			continue
		}
		if err := c.handle(node); err != nil {
			return err
		}
	}
}

// delay keeps a slow connection waiting.
func (c *conn) delay() error {
	latency := time.Duration(c.latency.Load())
	if latency <= 0 {
		return nil
	}
	select {
	case <-time.After(latency):
		return nil
	case <-c.s.done:
		return net.ErrClosed
	}
}

// discard keeps the socket open and reads without answering, until the client
// gives up or the idle timeout has passed.
func (c *conn) discard() error {
	if err := c.StayAwake(c.s.cfg.IdleTimeout); err != nil {
		return err
	}
	return c.Discard()
}

// handle deals with one stanza of the client.
func (c *conn) handle(node *waBinary.Node) error {
	switch node.Tag {
	case "iq":
		return c.handleIQ(node)
	case "message", "receipt", "ack", "presence", "chatstate", "call", "ib":
		if c.session != nil {
			c.session.Handle(node)
		}
		return nil
	default:
		c.s.noteUnknown(node.Tag)
		return nil
	}
}

// newID makes the id of an IQ that the service begins.
func (c *conn) newID() string { return strconv.FormatUint(c.nextID.Add(1), 10) }

// dropConn forgets a connection that has ended and whatever depended on it.
func (s *Service) dropConn(c *conn) {
	if c.session != nil {
		c.session.Leave()
	}
	s.mu.Lock()
	delete(s.conns, c.id)
	if s.online[c.jid] == c {
		delete(s.online, c.jid)
		c.companion.LastActive = time.Now().UTC()
		s.changed()
	}
	s.dropRegistration(c.registration, ErrDeviceGone)
	s.mu.Unlock()
}
