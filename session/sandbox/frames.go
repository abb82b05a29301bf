package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
)

// How large a frame of a client may be: a handshake is under a kilobyte, a first
// upload of 812 pre-keys about 40 kB.
const (
	maxHandshakeFrame = 16 << 10
	maxFrame          = 1 << 20
)

var errFrame = errors.New("malformed frame")

// framer cuts WhatsApp frames (three bytes of length and the body) out of
// websocket messages. A message may hold several frames and a frame may span
// messages. It belongs to the reading goroutine.
type framer struct {
	ws      *wsConn
	rest    []byte
	started bool
	limit   int
}

// next returns the body of the next frame.
func (f *framer) next() ([]byte, error) {
	if !f.started {
		if err := f.start(); err != nil {
			return nil, err
		}
	}
	if err := f.fill(socket.FrameLengthSize); err != nil {
		return nil, err
	}
	length := int(f.rest[0])<<16 | int(f.rest[1])<<8 | int(f.rest[2])
	if length == 0 || length > f.limit {
		return nil, fmt.Errorf("%w: %d bytes", errFrame, length)
	}
	f.rest = f.rest[socket.FrameLengthSize:]
	if err := f.fill(length); err != nil {
		return nil, err
	}
	body := f.rest[:length:length]
	if f.rest = f.rest[length:]; len(f.rest) == 0 {
		f.rest = nil // let an idle connection hold no buffer
	}
	return body, nil
}

// start checks the four bytes that open a connection: "WA", the protocol's
// magic value and the version of the token dictionary.
func (f *framer) start() error {
	if err := f.fill(len(socket.WAConnHeader)); err != nil {
		return err
	}
	if !bytes.Equal(f.rest[:len(socket.WAConnHeader)], socket.WAConnHeader) {
		return fmt.Errorf("%w: unknown connection header", errFrame)
	}
	f.rest, f.started = f.rest[len(socket.WAConnHeader):], true
	return nil
}

func (f *framer) fill(n int) error {
	for len(f.rest) < n {
		message, err := f.ws.readMessage(f.limit + len(socket.WAConnHeader) + socket.FrameLengthSize)
		if err != nil {
			return err
		}
		if f.rest == nil {
			f.rest = message
		} else {
			f.rest = append(f.rest, message...)
		}
	}
	return nil
}

// readNode returns the next decrypted stanza.
func (c *conn) readNode() (*waBinary.Node, error) {
	sealed, err := c.in.next()
	if err != nil {
		return nil, err
	}
	plain, err := c.readKey.Open(sealed[:0], nonce(c.readCount), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: does not decrypt", errFrame)
	}
	c.readCount++
	return decodeNode(plain)
}

// send encrypts and writes one stanza. After end or silence it does nothing.
func (c *conn) send(node waBinary.Node) error {
	if c.silent.Load() {
		return nil
	}
	plain, err := waBinary.Marshal(node)
	if err != nil {
		return fmt.Errorf("marshal %s: %w", node.Tag, err)
	}
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	if c.ended {
		return nil
	}
	return c.sendSealed(plain)
}

// sendAndHangUp sends one stanza and closes without a goodbye. However quick the
// client is, its answer is not heard.
func (c *conn) sendAndHangUp(node waBinary.Node) error {
	plain, err := waBinary.Marshal(node)
	if err != nil {
		return fmt.Errorf("marshal %s: %w", node.Tag, err)
	}
	c.ws.mu.Lock()
	if !c.ended && !c.silent.Load() {
		err = c.sendSealed(plain)
	}
	c.ended = true
	c.ws.mu.Unlock()
	c.ws.close(false)
	return err
}

// sendSealed encrypts a marshalled stanza. The caller holds ws.mu, which also
// keeps the write counter in the order of the writes.
func (c *conn) sendSealed(plain []byte) error {
	const head = frameHeadroom + socket.FrameLengthSize
	buf := make([]byte, head, head+len(plain)+c.writeKey.Overhead())
	buf = c.writeKey.Seal(buf, nonce(c.writeCount), plain, nil)
	c.writeCount++
	putLength(buf[frameHeadroom:], len(buf)-head)
	return c.ws.writeBuilt(opBinary, buf)
}

// sendPlain writes an unencrypted frame, as both sides do during the handshake.
func (c *conn) sendPlain(body []byte) error {
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	return c.writeBody(body)
}

// writeBody writes a frame as it is. The caller holds ws.mu.
func (c *conn) writeBody(body []byte) error {
	buf := make([]byte, frameHeadroom+socket.FrameLengthSize, frameHeadroom+socket.FrameLengthSize+len(body))
	putLength(buf[frameHeadroom:], len(body))
	return c.ws.writeBuilt(opBinary, append(buf, body...))
}

func putLength(buf []byte, length int) {
	buf[0], buf[1], buf[2] = byte(length>>16), byte(length>>8), byte(length)
}

// end sends the last stanzas of a connection and the end of the stream, and
// leaves the closing to the client for linger; then, or at once when linger is
// not positive, the service closes.
func (c *conn) end(linger time.Duration, last ...waBinary.Node) {
	c.ws.mu.Lock()
	if c.ended {
		c.ws.mu.Unlock()
		return
	}
	if !c.silent.Load() && c.writeKey != nil {
		for _, node := range append(last, waBinary.Node{Tag: "xmlstreamend"}) {
			plain, err := waBinary.Marshal(node)
			if err != nil || c.sendSealed(plain) != nil {
				break // the peer is gone; closing is all that is left
			}
		}
	}
	c.ended = true
	if linger > 0 {
		// The reading goroutine notices the client's close or this deadline and
		// closes. Read deadlines are set under ws.mu so that it cannot undo this.
		_ = c.ws.net.SetReadDeadline(time.Now().Add(linger))
	}
	c.ws.mu.Unlock()
	if linger <= 0 {
		c.ws.close(false)
	}
}

// stayAwake pushes the idle deadline forward unless the connection is ending.
func (c *conn) stayAwake(d time.Duration) error {
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	if c.ended {
		return nil
	}
	return c.ws.net.SetReadDeadline(time.Now().Add(d))
}
