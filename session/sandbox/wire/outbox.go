package wire

import (
	"fmt"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
)

// writeTimeout ends a connection whose client has read nothing for so long. A client
// may stop reading while it is busy storing what it got.
const writeTimeout = time.Minute

// outbox holds what a connection has still to say. Its goroutine exists only while
// there is something: nobody who sends waits for a client that reads slowly, least of
// all the goroutine that reads the client, and an idle connection costs nothing.
type outbox struct {
	mu      sync.Mutex
	frames  []frame
	source  func() ([]byte, bool) // asked when frames is empty; may be nil
	woken   bool                  // the source has to be asked again
	writing bool
	idle    *sync.Cond // writing has become false
	ended   bool       // nothing more is accepted
	closing bool       // the last frame is in frames, or written
	linger  time.Duration
}

// frame is one stanza on its way: marshalled and not yet encrypted, because frames are
// counted in the order of their writing.
type frame struct {
	plain   []byte
	garbage bool // sent as it is: damaged on its way
}

// post queues frames. The caller does not hold mu.
func (c *Conn) post(frames ...frame) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return
	}
	o.frames = append(o.frames, frames...)
	c.kick()
}

// kick sees to it that somebody writes. The caller holds mu.
func (c *Conn) kick() {
	if !c.out.writing {
		c.out.writing = true
		go c.writeLoop()
	}
}

// SetSource names a function that is asked for the next marshalled stanza whenever
// nothing else waits to be written, until it has none; [Conn.Wake] asks again. So what
// waits for a slow client waits at its source.
func (c *Conn) SetSource(next func() ([]byte, bool)) {
	c.out.mu.Lock()
	c.out.source = next
	c.out.mu.Unlock()
	c.Wake()
}

// Wake says that the source may have something new.
func (c *Conn) Wake() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if !c.out.ended && c.out.source != nil {
		c.out.woken = true
		c.kick()
	}
}

// writeLoop writes until there is nothing left.
func (c *Conn) writeLoop() {
	for {
		next, last := c.nextFrame()
		if last {
			return
		}
		if c.silent.Load() {
			continue // a frame that nobody sees does not count
		}
		if err := c.write(next); err != nil {
			c.abandon()
			return
		}
	}
}

// nextFrame takes the next frame to write; last when the loop is over.
func (c *Conn) nextFrame() (next frame, last bool) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if len(o.frames) > 0 {
			next, o.frames = o.frames[0], o.frames[1:]
			return next, false
		}
		o.frames = nil // let an idle connection hold no buffer
		o.woken = false
		if plain, ok := c.pull(); ok {
			return frame{plain: plain}, false
		}
		if len(o.frames) > 0 || o.woken {
			continue // both may have come while the source was asked
		}
		if o.closing {
			c.goodbye()
		}
		o.writing = false
		o.idle.Broadcast()
		return frame{}, true
	}
}

// pull asks the source, without the lock: it has locks of its own. The caller holds mu.
func (c *Conn) pull() ([]byte, bool) {
	o := &c.out
	source := o.source
	if source == nil || o.ended || c.silent.Load() {
		return nil, false
	}
	o.mu.Unlock()
	plain, ok := source()
	o.mu.Lock()
	return plain, ok && !o.ended
}

// goodbye leaves the closing to the client for a while, or closes. The caller holds mu.
func (c *Conn) goodbye() {
	if c.out.linger > 0 {
		// The reading goroutine notices the client's close, or this deadline.
		_ = c.ws.net.SetReadDeadline(time.Now().Add(c.out.linger))
		return
	}
	c.ws.close(false)
}

// abandon gives up on a client that does not read or is gone.
func (c *Conn) abandon() {
	c.ws.close(false)
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended, o.writing, o.frames = true, false, nil
	o.idle.Broadcast()
}

// Flushed waits until nothing is being written any more. After Close that is soon.
func (c *Conn) Flushed() {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.idle.Wait()
	}
}

// write encrypts a frame and writes it.
func (c *Conn) write(next frame) error {
	if next.garbage {
		c.writeCount++
		return c.sendPlain(next.plain)
	}
	const head = frameHeadroom + socket.FrameLengthSize
	buf := make([]byte, head, head+len(next.plain)+c.writeKey.Overhead())
	buf = c.writeKey.Seal(buf, nonce(c.writeCount), next.plain, nil)
	c.writeCount++
	putLength(buf[frameHeadroom:], len(buf)-head)
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	return c.ws.writeBuilt(opBinary, buf)
}

// sendPlain writes an unencrypted frame, as both sides do during the handshake.
func (c *Conn) sendPlain(body []byte) error {
	buf := make([]byte, frameHeadroom+socket.FrameLengthSize, frameHeadroom+socket.FrameLengthSize+len(body))
	putLength(buf[frameHeadroom:], len(body))
	c.ws.mu.Lock()
	defer c.ws.mu.Unlock()
	return c.ws.writeBuilt(opBinary, append(buf, body...))
}

func putLength(buf []byte, length int) {
	buf[0], buf[1], buf[2] = byte(length>>16), byte(length>>8), byte(length)
}

// marshal makes the frame of a stanza.
func marshal(node waBinary.Node) (frame, error) {
	plain, err := waBinary.Marshal(node)
	if err != nil {
		return frame{}, fmt.Errorf("marshal %s: %w", node.Tag, err)
	}
	return frame{plain: plain}, nil
}
