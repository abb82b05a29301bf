package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"time"
	"unsafe"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
)

// The library handles what WhatsApp sends on goroutines of its own, which no recover
// protects, and a panic on one of them would end the process with every device in it: a
// frame that does not decode, a stanza without an attribute that it takes for granted.
// So its queue of stanzas is emptied here, and its decoding of frames is wrapped; the
// account's settings have a guard of their own (appstate.go). What remains are goroutines
// that the library starts while it handles a stanza.

// errLibraryFailed ends a connection on which the library has panicked.
var errLibraryFailed = errors.New("the library failed at what WhatsApp sent")

// survive is deferred around the library's work for one connection. What it has done
// halfway is undone by nobody, so the connection ends; WhatsApp repeats what was not
// acknowledged.
func (c *conn) survive(in string) {
	r := recover()
	if r == nil {
		return
	}
	c.log.Error("recovered from a panic", "in", "whatsmeow, "+in, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	go func() { // not under whatever lock the library holds here
		_ = c.pairOver(false)
		c.lineEnded(errLibraryFailed)
	}()
}

// stanzaLimit is how long a stanza may be handled before the next one is: as long as in
// the library (handlerQueueLoop in its client.go).
const stanzaLimit = 5 * time.Minute

// library is what the library does unexported.
type library = whatsmeow.DangerousInternalClient

// stanzas says what handles a stanza, by its tag: the library's table (nodeHandlers).
var stanzas = map[string]func(*library, context.Context, *waBinary.Node){
	"message":      (*library).HandleEncryptedMessage,
	"status":       (*library).HandleUnencryptedMessage,
	"appdata":      (*library).HandleEncryptedMessage,
	"receipt":      (*library).HandleReceipt,
	"call":         (*library).HandleCallEvent,
	"chatstate":    (*library).HandleChatState,
	"presence":     (*library).HandlePresence,
	"notification": (*library).HandleNotification,
	"success":      (*library).HandleConnectSuccess,
	"failure":      (*library).HandleConnectFailure,
	"stream:error": (*library).HandleStreamError,
	"iq":           (*library).HandleIQ,
	"ib":           (*library).HandleIB,
}

// handleStanzas does what the library's handlerQueueLoop does, until the connection has
// ended: one after the other, in the order of their arrival, but for those that step aside.
func (c *conn) handleStanzas(ctx context.Context, ended <-chan struct{}, queue <-chan *waBinary.Node) {
	for {
		select {
		case node := <-queue:
			done, a := make(chan struct{}), &aside{conn: c, behind: make(chan struct{})}
			go func() {
				defer close(done)
				defer a.end()
				c.handle(context.WithValue(ctx, stepping{}, a), node)
			}()
			timer := time.NewTimer(stanzaLimit)
			select {
			case <-done:
			case <-a.behind:
			case <-timer.C:
				c.log.Warn("a stanza takes very long; those behind it go on without it", "tag", node.Tag)
			}
			timer.Stop()
		case <-ended:
			return
		}
	}
}

// handle lets the library handle one stanza.
func (c *conn) handle(ctx context.Context, node *waBinary.Node) {
	defer c.survive(node.Tag)
	if isPairSuccess(node) {
		c.pairBegins() // the library finishes the link on a goroutine of its own
	}
	if node.Tag == "receipt" {
		ctx = context.WithValue(ctx, repeating{}, func() { c.again(ctx, node) })
	}
	if f := stanzas[node.Tag]; f != nil && c.noteAppState(node) {
		f(c.cli.DangerousInternals(), ctx, node) //nolint:staticcheck // see above
	}
}

// repeating is the key of a stanza's context under which stands what has it handled once
// more: a recipient who asks for a message again is answered although something else was
// just written to them, for WhatsApp would repeat the question at the next login only.
type repeating struct{}

func (c *conn) again(ctx context.Context, node *waBinary.Node) {
	if c.begin() {
		go func() {
			defer c.work.Done()
			c.handle(ctx, node)
		}()
	}
}

// checkLibrary reports whether the library still has what guardFrames reaches for.
func checkLibrary() error {
	if f, ok := reflect.TypeFor[whatsmeow.Client]().FieldByName("socket"); !ok || f.Type != reflect.TypeFor[*socket.NoiseSocket]() {
		return errors.New("whatsmeow has no socket that can be reached")
	}
	if f, ok := reflect.TypeFor[socket.NoiseSocket]().FieldByName("onFrame"); !ok || f.Type != reflect.TypeFor[socket.FrameHandler]() {
		return errors.New("whatsmeow has no onFrame that can be wrapped")
	}
	return nil
}

// guardFrames lets a frame that the library cannot decode end this connection alone. The
// library has no other place for that. After the handshake, and before the wire lets the
// first frame through.
func (c *conn) guardFrames() {
	sock := *private[*socket.NoiseSocket](c.cli, "socket")
	onFrame := private[socket.FrameHandler](sock, "onFrame")
	decode := *onFrame
	*onFrame = func(ctx context.Context, data []byte) {
		defer c.survive("frame")
		decode(ctx, data)
	}
}

// private is a field of a struct of another package; checkLibrary has seen that it is
// there.
func private[T any](owner any, name string) *T {
	return (*T)(unsafe.Pointer(reflect.ValueOf(owner).Elem().FieldByName(name).UnsafeAddr())) //nolint:gosec // see above
}
