package sandbox

import (
	"crypto/cipher"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

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
	s     *Service
	id    string
	ws    *wsConn
	since time.Time
	done  chan struct{} // closed when run has ended

	// Of the reading goroutine.
	in        framer
	readKey   cipher.AEAD
	readCount uint32
	noiseKey  [32]byte

	// Guarded by ws.mu.
	writeKey   cipher.AEAD
	writeCount uint32
	ended      bool

	silent  atomic.Bool
	latency atomic.Int64 // nanoseconds before each stanza is dealt with
	nextID  atomic.Uint64

	// Guarded by s.mu.
	stage        stage
	jid          types.JID
	companion    *companion
	registration *registration
}

func newConn(s *Service, id string, ws *wsConn) *conn {
	return &conn{
		s: s, id: id, ws: ws, since: time.Now(), done: make(chan struct{}), stage: stageHandshake,
		in: framer{ws: ws, limit: maxHandshakeFrame},
	}
}

// run is the life of a connection. It owns reading and always closes.
func (c *conn) run() {
	defer c.s.work.Done()
	defer close(c.done)
	err := c.serve()
	c.ws.close(false)
	c.s.dropConn(c)
	switch {
	case err == nil, errors.Is(err, errPeerClosed), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case errors.Is(err, errFrame), errors.Is(err, errHandshake), errors.Is(err, errWebsocket):
		c.s.count(func(n *counters) { n.malformed++ })
		c.s.log.Warn("connection broke the protocol", slog.String("conn", c.id), slog.Any("err", err))
	default:
		c.s.log.Debug("connection lost", slog.String("conn", c.id), slog.Any("err", err))
	}
}

func (c *conn) serve() error {
	if err := c.stayAwake(handshakeTimeout); err != nil {
		return err
	}
	if c.s.takeHandshakeFault() {
		c.silent.Store(true)
		return c.discard()
	}
	if c.s.Outage() == OutageHandshake {
		_, err := c.in.next()
		return err
	}
	shaken, err := c.s.authority.handshake(c.in.next, c.sendPlain)
	if err != nil {
		return err
	}
	c.noiseKey, c.readKey = shaken.noiseKey, shaken.read
	c.ws.mu.Lock()
	c.writeKey = shaken.write
	c.ws.mu.Unlock()
	c.in.limit = maxFrame
	if err := c.admit(shaken.payload); err != nil {
		return err
	}
	return c.loop()
}

// loop reads stanzas until the connection ends.
func (c *conn) loop() error {
	for {
		if err := c.stayAwake(c.s.cfg.IdleTimeout); err != nil {
			return err
		}
		node, err := c.readNode()
		if err != nil {
			return err
		}
		if err := c.delay(); err != nil {
			return err
		}
		if c.silent.Load() || c.isEnded() {
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
	if err := c.stayAwake(c.s.cfg.IdleTimeout); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, c.ws.in)
	return err
}

func (c *conn) isEnded() bool {
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	return c.ended
}

// handle deals with one stanza of the client.
func (c *conn) handle(node *waBinary.Node) error {
	switch node.Tag {
	case "iq":
		return c.handleIQ(node)
	case "message":
		return c.send(el("ack", waBinary.Attrs{
			"class": "message", "id": attr(node, "id"), "from": node.Attrs["to"], "t": unix(time.Now()),
		}))
	case "ib", "ack", "receipt", "presence", "chatstate", "notification", "call":
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
