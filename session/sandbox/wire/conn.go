// Package wire is WhatsApp's transport, server side: a websocket, the Noise
// handshake with its certificates, and frames of encrypted stanzas. It knows what a
// connection is, and not who is at its other end.
package wire

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// ErrProtocol marks every way in which a client can break the protocol; the service
// answers none of them: it hangs up, as WhatsApp does.
var ErrProtocol = errors.New("protocol broken")

// ErrPeerClosed says that the client closed the websocket.
var ErrPeerClosed = errors.New("peer closed the websocket")

// Conn is one connection of a client. Reading (Handshake, Next, ReadFrame, Discard)
// belongs to one goroutine; everything else may be called from any.
type Conn struct {
	ws *wsConn

	// Of the reading goroutine.
	in        framer
	readKey   cipher.AEAD
	readCount uint32

	// Of the writing goroutine, once there is one; before, of the reading one.
	writeKey   cipher.AEAD
	writeCount uint32

	out    outbox
	silent atomic.Bool
}

// Accept answers a websocket request and takes the connection over from net/http.
// After an error the response has been written.
func Accept(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	ws, err := upgrade(w, r)
	if err != nil {
		return nil, err
	}
	c := &Conn{ws: ws, in: framer{ws: ws, limit: maxHandshakeFrame}}
	c.out.idle = sync.NewCond(&c.out.mu)
	return c, nil
}

// Handshake runs the service's side of the Noise handshake. It returns the client's
// static key, which identifies a companion at login, and the marshalled
// waWa6.ClientPayload.
func (c *Conn) Handshake(a *Authority) (key [32]byte, payload []byte, err error) {
	shaken, err := a.handshake(c.in.next, c.sendPlain)
	if err != nil {
		return key, nil, err
	}
	c.readKey = shaken.read
	c.out.mu.Lock()
	c.writeKey = shaken.write
	c.out.mu.Unlock()
	c.in.limit = stanza.MaxSize
	return shaken.noiseKey, shaken.payload, nil
}

// ReadFrame reads one frame before the handshake and throws it away.
func (c *Conn) ReadFrame() error {
	_, err := c.in.next()
	return err
}

// Discard reads without answering until the connection ends.
func (c *Conn) Discard() error {
	_, err := io.Copy(io.Discard, c.ws.in)
	return err
}

// Next returns the next decrypted stanza.
func (c *Conn) Next() (*waBinary.Node, error) {
	sealed, err := c.in.next()
	if err != nil {
		return nil, err
	}
	plain, err := c.readKey.Open(sealed[:0], nonce(c.readCount), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: does not decrypt", errFrame)
	}
	c.readCount++
	node, err := stanza.Decode(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return node, nil
}

// SetSilent makes the connection say nothing more, or speak again. What is sent
// meanwhile is lost; what waits at the source goes on waiting.
func (c *Conn) SetSilent(silent bool) {
	c.silent.Store(silent)
	c.Wake()
}

// Silent says whether the connection says nothing.
func (c *Conn) Silent() bool { return c.silent.Load() }

// Ended says whether the last stanza has been sent.
func (c *Conn) Ended() bool {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.ended
}

// Close closes the TCP connection, with a reset instead of an orderly end when reset
// is true. It may be called twice.
func (c *Conn) Close(reset bool) { c.ws.close(reset) }

// Send sends one stanza: it does not wait until it is written. After End or silence it
// does nothing.
func (c *Conn) Send(node waBinary.Node) error {
	if c.silent.Load() {
		return nil
	}
	next, err := marshal(node)
	if err != nil {
		return err
	}
	c.post(next)
	return nil
}

// SendAndHangUp sends one stanza and closes without a goodbye. However quick the
// client is, its answer is not heard.
func (c *Conn) SendAndHangUp(node waBinary.Node) error {
	next, err := marshal(node)
	if err != nil {
		return err
	}
	c.finish(0, next)
	return nil
}

// SendGarbage sends a frame that was damaged on its way: it counts, on both sides,
// but does not decrypt.
func (c *Conn) SendGarbage() {
	noise := make([]byte, 64)
	_, _ = rand.Read(noise) // never fails, by its documentation
	c.post(frame{plain: noise, garbage: true})
}

// SendMalformed sends what arrives whole, decrypts and is not as agreed: a request
// without an id, and a node whose tag is an empty list.
func (c *Conn) SendMalformed() error {
	err := c.Send(waBinary.Node{
		Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID, "type": "set"}, Content: []waBinary.Node{{Tag: "pair-success"}},
	})
	if !c.silent.Load() {
		c.post(frame{plain: []byte{0, 248, 1, 0}})
	}
	return err
}

// End sends the last stanzas of a connection and the end of the stream, and leaves
// the closing to the client for linger; then, or at once when linger is not positive,
// the service closes.
func (c *Conn) End(linger time.Duration, last ...waBinary.Node) {
	var frames []frame
	for _, node := range append(last, waBinary.Node{Tag: "xmlstreamend"}) {
		if next, err := marshal(node); err == nil { // they are the service's own, and always can be
			frames = append(frames, next)
		}
	}
	c.finish(linger, frames...)
}

// closeTimeout is how long the last frames may take to be written.
const closeTimeout = 10 * time.Second

// finish queues the last frames; once they are written the connection closes after
// linger.
func (c *Conn) finish(linger time.Duration, last ...frame) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	if c.writeKey != nil && !c.silent.Load() {
		o.frames = append(o.frames, last...)
	}
	o.ended, o.closing, o.linger = true, true, linger
	// Read deadlines are set under mu so that StayAwake cannot undo this one, which is
	// for a client that does not read.
	_ = c.ws.net.SetReadDeadline(time.Now().Add(closeTimeout + max(linger, 0)))
	c.kick()
}

// StayAwake pushes the idle deadline forward unless the connection is ending.
func (c *Conn) StayAwake(d time.Duration) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.ended {
		return nil
	}
	return c.ws.net.SetReadDeadline(time.Now().Add(d))
}
