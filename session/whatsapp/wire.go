package whatsapp

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire lies between the library's websocket and the socket, because the library
// handles the end of a connection badly when it meets it by itself:
//
//   - in the Noise handshake it waits 20 s for a peer that has hung up;
//   - right after the handshake it does not notice the end at all;
//   - it drops what it has received and not yet handled, such as the news that the
//     link is gone;
//   - Disconnect at the same moment races with its own clean-up and can end the
//     process (go of a nil function, socket/framesocket.go Close);
//   - Disconnect while a frame comes in leaves the reading goroutine stuck for good.
//
// So the library's reader never sees the other side's end. It waits here, the owner
// is told, and the owner's Close lets the library disconnect while the reader rests. It
// waits here, too, when the library does not handle what it receives as fast as it comes
// (see holdBack).
//
// What follows the handshake waits for open: before that the library's handling of
// frames is wrapped (panics.go).
type wire struct {
	onEnd func(error) // called at most once: the other side ended an open connection
	// hold, when set, makes the reader rest after each message, and for as long as the
	// channel it returns is open (nil: no longer). It is for connections to link with,
	// the only ones that the library disconnects by itself.
	hold func() <-chan struct{}

	born time.Time
	// before, when set, is called before anything is written, and may refuse that.
	before func() error

	handed   time.Time    // when data was last handed on; the reader's own
	heard    atomic.Int64 // when data last came, nanoseconds after born by the monotonic clock; 0 never
	stage    atomic.Int32
	backlog  atomic.Pointer[func() int] // how many stanzas the library has to handle; nil before its queue is there
	heldAt   atomic.Int64               // when the reader last waited until they were fewer, as heard
	answered atomic.Bool                // data came since the Noise handshake began
	inRead   atomic.Bool                // the library's reader is in Read
	shaken   atomic.Bool                // the library has said the last word of the handshake

	mu      sync.Mutex
	conn    net.Conn // what the library speaks through; set before the library gets the wire
	raw     net.Conn // the TCP connection under it
	isCut   bool     // cut was called
	ended   bool     // the other side is gone, or the library hung up
	woken   bool     // wakeFrame was given
	closing bool     // a websocket close frame went out
	local   bool     // it went out because the library disconnects, not to answer one

	patience *time.Timer // cuts a Noise handshake that takes too long

	leaving, parked, free, opened flag

	sending sync.Mutex   // guards sent
	sent    frameScanner // since the websocket stands
}

// flag is a channel that is closed once: leaving by leave, parked when the reader
// rests, free when a resting reader may go on, opened by open or cut.
type flag struct {
	once sync.Once
	c    chan struct{}
}

func (f *flag) raise() { f.once.Do(func() { close(f.c) }) }

// Stages of a wire.
const (
	stageHTTP  int32 = iota // dialling and asking for a websocket
	stageNoise              // the library makes the Noise handshake
	stageOpen               // the library runs the connection
)

const (
	// settleTime is how long the end of a connection is held back after the last data:
	// what came with it may say why, and the library handles it on another goroutine.
	settleTime = 300 * time.Millisecond
	// flushTime bounds the last words on a connection that is being left.
	flushTime = 500 * time.Millisecond
	// parkTime bounds the wait for a reader that is busy.
	parkTime = 4 * time.Second
	// restTime is how long the reader of a connection to link with rests after a message:
	// within it the library begins to handle that, and from then on hold keeps the reader.
	restTime = 250 * time.Millisecond
)

// wakeFrame is a websocket message holding one empty frame of the library's framing.
// In the handshake it is no valid answer, so that the library gives up at once.
var wakeFrame = []byte{0x82, 3, 0, 0, 0}

var errHungUp = errors.New("WhatsApp closed the connection")

func newWire(onEnd func(error)) *wire {
	w := &wire{onEnd: onEnd, born: time.Now()}
	for _, f := range []*flag{&w.leaving, &w.parked, &w.free, &w.opened} {
		f.c = make(chan struct{})
	}
	return w
}

// attach gives the wire its socket.
func (w *wire) attach(conn, raw net.Conn) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut || w.conn != nil {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	w.conn, w.raw = conn, raw
	return w, nil
}

// upgraded says that the websocket stands and the Noise handshake begins, which may take
// so long.
func (w *wire) upgraded(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stage.CompareAndSwap(stageHTTP, stageNoise) && !w.isCut {
		w.patience = time.AfterFunc(limit, w.cut)
	}
}

// open says that the handshake is done, and lets what follows it in. It reports whether
// the other side is still there.
func (w *wire) open() bool {
	defer w.opened.raise()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.patience != nil {
		w.patience.Stop()
	}
	if w.ended || w.isCut {
		return false
	}
	w.stage.Store(stageOpen)
	return true
}

// lastHeard is when data last came, by the clock as it goes now; zero when none did.
func (w *wire) lastHeard() time.Time {
	at := w.heard.Load()
	if at == 0 {
		return time.Time{}
	}
	now := time.Now()
	return now.Add(time.Duration(at) - now.Sub(w.born))
}

// cut ends the socket at once, whatever the stage.
func (w *wire) cut() {
	defer w.opened.raise()
	w.mu.Lock()
	w.isCut = true
	if w.patience != nil {
		w.patience.Stop()
	}
	raw := w.raw
	w.mu.Unlock()
	if raw != nil {
		_ = raw.Close() // nothing is expected of it any more
	}
}

// leave lets the library's reader rest, so that the library can disconnect. It
// reports whether the library is still to be told to: not when it is hanging up by
// itself, which a Disconnect must not meet.
func (w *wire) leave() bool {
	w.leaving.raise()
	w.mu.Lock()
	switch {
	case w.conn == nil:
		w.mu.Unlock()
		return true
	case w.closing:
		w.mu.Unlock()
		return w.stage.Load() != stageOpen // before that the library has no clean-up
	}
	// On a socket that has ended these fail, and the reader rests already.
	_ = w.conn.SetReadDeadline(time.Unix(1, 0))
	_ = w.conn.SetWriteDeadline(time.Now().Add(flushTime))
	w.mu.Unlock()
	waitAtMost(w.parked.c, parkTime)
	return true
}

// Read hands data on, and rests when there is none to come.
func (w *wire) Read(p []byte) (int, error) {
	w.inRead.Store(true)
	defer w.inRead.Store(false)
	w.rest()
	w.holdBack()
	n, err := w.conn.Read(p)
	if n > 0 {
		w.heard.Store(max(int64(time.Since(w.born)), 1))
		if w.shaken.Load() {
			<-w.opened.c
		}
		switch w.stage.Load() {
		case stageNoise:
			w.answered.Store(true)
		case stageOpen:
			if w.late() {
				return 0, io.EOF
			}
			w.handed = time.Now()
		}
		return n, nil
	}
	if err == nil {
		return 0, nil
	}
	return w.readEnd(p, err)
}

// rest keeps a reader from handing a message to a library that is about to disconnect.
func (w *wire) rest() {
	if w.hold == nil || w.stage.Load() != stageOpen {
		return
	}
	timer := time.NewTimer(time.Until(w.handed.Add(restTime)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.leaving.c:
	case <-w.free.c:
	}
	if held := w.hold(); held != nil {
		select {
		case <-held:
		case <-w.leaving.c:
		case <-w.free.c:
		}
	}
}

// late keeps what came while the reader waited for it from a library that finishes a
// link, and reports whether that ended in a goodbye: nobody takes it then.
func (w *wire) late() bool {
	if w.hold == nil {
		return false
	}
	if held := w.hold(); held != nil {
		select {
		case <-held:
		case <-w.free.c:
		case <-w.leaving.c:
			w.parked.raise()
			<-w.free.c
		}
	}
	return isClosed(w.free.c)
}

// readEnd decides what the reader gets when the socket has nothing more.
func (w *wire) readEnd(p []byte, err error) (int, error) {
	w.mu.Lock()
	stage := w.stage.Load()
	switch {
	case stage == stageHTTP || w.closing:
		w.mu.Unlock()
		return 0, err
	case stage == stageNoise && !w.answered.Load() && !w.woken:
		w.woken = true
		w.mu.Unlock()
		return copy(p, wakeFrame), nil
	}
	tell := stage == stageOpen && !w.ended && !w.isCut
	w.ended = true // open fails from here on
	w.mu.Unlock()
	if tell && w.settle() {
		w.onEnd(err)
	}
	w.parked.raise()
	<-w.free.c
	return 0, io.EOF
}

// settle waits until settleTime after the last data. It reports false when the
// connection is left meanwhile.
func (w *wire) settle() bool {
	timer := time.NewTimer(time.Until(w.lastHeard().Add(settleTime)))
	defer timer.Stop()
	select {
	case <-w.leaving.c:
		return false
	default:
	}
	select {
	case <-timer.C:
		return true
	case <-w.leaving.c:
		return false
	}
}

// Write hands data on and recognises the library's goodbye.
func (w *wire) Write(p []byte) (int, error) {
	var err error
	if w.before != nil {
		err = w.before()
	}
	goodbye := w.saysGoodbye(p)
	resting := w.inRead.Load()
	n := 0
	if err == nil {
		n, err = w.conn.Write(p)
	}
	if goodbye {
		w.goodbye(resting)
	}
	if err != nil && w.endsByReading() {
		return len(p), nil
	}
	return n, err
}

// endsByReading reports whether the library's reader meets the end of a socket that
// cannot be written to, and first what came before. The websocket must not: it remembers
// an error of writing, and would not even try to say the goodbye that lets the reader go,
// so that Disconnect would take 5 s.
func (w *wire) endsByReading() bool {
	switch w.stage.Load() {
	case stageNoise:
		return !w.answered.Load() // it brings wakeFrame
	case stageOpen:
		return w.hold == nil // who links must know what the phone was not told
	}
	return false
}

func (w *wire) saysGoodbye(p []byte) bool {
	if w.stage.Load() == stageHTTP {
		return false
	}
	w.sending.Lock()
	defer w.sending.Unlock()
	closes := w.sent.scan(p)
	if w.sent.messages > 1 { // the first is the client's hello, the second its last word
		w.shaken.Store(true)
	}
	return closes
}

// goodbye lets the reader go on: from now on the end is expected. A goodbye is the
// library's own when its reader rests; otherwise the reader is answering one.
func (w *wire) goodbye(local bool) {
	w.mu.Lock()
	w.closing, w.local = true, local
	_ = w.conn.SetReadDeadline(time.Now().Add(flushTime)) // for the other side's goodbye
	w.mu.Unlock()
	w.free.raise()
}

// Close ends the socket. Only the library calls it. When that is because the other
// side said goodbye, what came before the goodbye gets its time as well.
func (w *wire) Close() error {
	w.mu.Lock()
	byPeer := w.stage.Load() == stageOpen && !w.ended && !w.isCut && !w.local
	w.ended = true
	raw := w.raw
	w.mu.Unlock()
	tell := byPeer && w.settle()
	w.free.raise()
	err := raw.Close()
	if tell {
		w.onEnd(errHungUp)
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// LocalAddr, RemoteAddr and the deadlines are the socket's.
func (w *wire) LocalAddr() net.Addr                { return w.conn.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr               { return w.conn.RemoteAddr() }
func (w *wire) SetDeadline(t time.Time) error      { return w.conn.SetDeadline(t) }
func (w *wire) SetReadDeadline(t time.Time) error  { return w.conn.SetReadDeadline(t) }
func (w *wire) SetWriteDeadline(t time.Time) error { return w.conn.SetWriteDeadline(t) }

func waitAtMost(done <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}
