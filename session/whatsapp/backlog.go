package whatsapp

import (
	"context"
	"fmt"
	"net/http"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/keys"
)

const (
	// The library keeps received stanzas in a queue of 2048 (handlerQueueSize in its
	// client.go), which one goroutine empties. Beyond that it starts a goroutine for each
	// stanza, and their order is lost. From backlogEnough waiting stanzas on, some 3 MB,
	// nothing more is read from the socket: they wait at WhatsApp. It is not less, because
	// answers to our own requests lie behind what is held back, too.
	backlogEnough = 1500
	// A handler may itself wait for an answer of WhatsApp's that lies behind what is held
	// back. When the queue has not moved for backlogStall, one more piece is read, of at
	// most 4096 bytes, the websocket's read buffer; but never beyond backlogMost.
	backlogStall = 100 * time.Millisecond
	backlogMost  = 1900
	// backlogLook is how often a held reader looks at the queue.
	backlogLook = 2 * time.Millisecond
)

// connectLibrary does what the library's Client.ConnectContext does (unlockedConnect in
// its client.go), for the first and only time on this client, but keeps the queue of
// received stanzas in view, and its panics from ending the process. Until it returns
// nothing else uses the client's socket, so that it needs no lock.
func (c *conn) connectLibrary(ctx context.Context, client *http.Client) error {
	library := c.cli.DangerousInternals() //nolint:staticcheck // see above
	frames := socket.NewFrameSocket(c.cli.Log.Sub("Socket"), client)
	if err := frames.Connect(ctx); err != nil {
		frames.Close(0)
		return err
	}
	queue, err := library.DoHandshake(ctx, frames, *keys.NewKeyPair())
	if err != nil {
		frames.Close(0)
		return fmt.Errorf("noise handshake failed: %w", err)
	}
	c.guardFrames()
	c.wire.watch(queue)
	go library.KeepAliveLoop(ctx, frames.Context())
	go c.handleStanzas(ctx, frames.Context().Done(), queue)
	return nil
}

// watch lets the wire read no faster than queue is emptied.
func (w *wire) watch(queue chan *waBinary.Node) {
	w.backlog.Store(new(func() int { return len(queue) }))
}

// holdBack keeps the reader until the library has handled most of what it has received.
func (w *wire) holdBack() {
	backlog := w.backlog.Load()
	if backlog == nil || w.stage.Load() != stageOpen {
		return
	}
	waiting := (*backlog)()
	if waiting < backlogEnough {
		return
	}
	tick := time.NewTicker(backlogLook)
	defer tick.Stop()
	for moved := time.Now(); waiting >= backlogEnough; {
		select {
		case <-tick.C:
		case <-w.leaving.c:
			return
		case <-w.free.c:
			return
		}
		w.heldAt.Store(max(int64(time.Since(w.born)), 1))
		now := (*backlog)()
		if now != waiting {
			waiting, moved = now, time.Now()
		} else if now < backlogMost && time.Since(moved) >= backlogStall {
			return
		}
	}
}

// wasHeld reports whether the reader has been held back within that time: what WhatsApp
// answers then lies behind what waits.
func (w *wire) wasHeld(within time.Duration) bool {
	at := w.heldAt.Load()
	return at != 0 && time.Since(w.born)-time.Duration(at) < within
}
