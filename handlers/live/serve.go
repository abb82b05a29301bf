package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

const (
	// LookEvery is how often it is looked again whether a client may still watch, and how
	// often a program hears something at least: it keeps proxies from closing a quiet stream.
	LookEvery = 20 * time.Second

	// laterEvery is how often a client is sent anew what changes with time alone.
	laterEvery = time.Minute
)

// ErrOver is returned by Show.Changes when nothing more will come.
var ErrOver = errors.New("the stream is over")

// errTooMany answers a client that opens too many event streams.
var errTooMany = &web.Failure{
	Status: http.StatusTooManyRequests, Code: "too_many_streams", RetryAfter: 5 * time.Second,
	Message: "Too many event streams are open. Close one before opening another.",
}

// Show is what one kind of event stream sends.
type Show struct {
	First   func(ctx context.Context) ([]byte, error)                   // the whole current state
	Changes func(ctx context.Context, b Batch, send func([]byte)) error // what happened since
	Later   func(ctx context.Context) ([]byte, error)                   // what changes with time alone; nil for nothing
	News    func() <-chan struct{}                                      // what it gives runs Changes with an empty batch; nil for never

	May    May
	Frames Frames
}

// May is whether a client may watch.
type May struct {
	Still  func(ctx context.Context) bool // whether it may now
	Until  time.Time                      // when it may not any more at the latest; zero for no such time
	Strict bool                           // ask Still before every change, too
}

// Frames stand around what a stream tells.
type Frames struct {
	Hello []byte        // sent before everything else; may be empty
	Beat  func() []byte // sent every Pulse, whatever else is sent
	Pulse time.Duration // how often the client hears something at least
	Again []byte        // sent after the first state to a client that gets no more now and is to ask again
	Ended []byte        // sent before the stream of a client that may not watch any more is closed
}

// Serve keeps one event stream open: it joins the others, sends the current state, then
// every change until the client, its right to watch or the server is gone.
//
// Joining before the first state is what makes a lost change impossible: whoever reconnects
// gets the current state.
func (b *Broadcaster) Serve(c echo.Context, w Watch, show Show) error {
	st := newStream(w)
	if !b.join(st) {
		return errTooMany
	}
	defer b.leave(st)
	ctx := c.Request().Context()
	// What ended between the guard's look and now was told to a stream that was not
	// there yet.
	begins := show.May.Still(ctx)
	var first []byte
	if begins {
		var err error
		if first, err = show.First(ctx); err != nil {
			return err
		}
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h["Cache-Control"] = web.NoStore
	h.Set("X-Accel-Buffering", "no")
	h["X-Content-Type-Options"] = web.NoSniff
	// Not on c.Response(): its Flush hides the errors of dead connections.
	out := &frameWriter{c: c, rc: http.NewResponseController(c.Response().Writer)}
	if err := out.open(); err != nil {
		return err
	}
	switch {
	case c.Request().Method == http.MethodHead: // there is nothing to wait for
	case begins:
		out.send(show.Frames.Hello)
		out.send(first)
		if st.glance {
			out.send(show.Frames.Again)
			break
		}
		pump(ctx, b.log, out, st, show)
	default:
		out.send(show.Frames.Ended)
	}
	out.close()
	return nil
}

// pump sends until the stream is over. The client being gone is no error.
func pump(ctx context.Context, log *slog.Logger, out *frameWriter, st *stream, show Show) {
	beat, look := time.NewTicker(show.Frames.Pulse), time.NewTicker(LookEvery)
	defer beat.Stop()
	defer look.Stop()
	later, end := time.NewTicker(laterEvery), time.NewTimer(time.Until(show.May.Until))
	defer later.Stop()
	defer end.Stop()
	if show.Later == nil {
		later.Stop()
	}
	if show.May.Until.IsZero() {
		end.Stop()
	}
	news := func() <-chan struct{} { return nil }
	if show.News != nil {
		news = show.News
	}
	for out.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			out.send(show.Frames.Beat())
		case <-look.C:
			if !show.May.Still(ctx) {
				st.end(endedOwner)
			}
		case <-end.C:
			st.end(endedOwner)
		case <-later.C:
			frame, err := show.Later(ctx)
			if !rendered(ctx, log, err) {
				return
			}
			out.send(frame)
		case <-st.wake:
			b := st.take()
			if b.ended == endedOwner || b.ended == notEnded && show.May.Strict && !show.May.Still(ctx) {
				out.send(show.Frames.Ended)
				return
			}
			if b.ended != notEnded {
				return
			}
			if len(b.Updates) > 0 && !tell(ctx, log, out, show, b) {
				return
			}
		case <-news():
			if !tell(ctx, log, out, show, Batch{}) {
				return
			}
		}
	}
}

// tell sends what happened, and reports whether the stream goes on.
func tell(ctx context.Context, log *slog.Logger, out *frameWriter, show Show, b Batch) bool {
	return rendered(ctx, log, show.Changes(ctx, b, out.send))
}

// rendered reports whether a stream goes on after err. A client that went away meanwhile
// is no trouble of ours.
func rendered(ctx context.Context, log *slog.Logger, err error) bool {
	if err != nil && !errors.Is(err, ErrOver) && ctx.Err() == nil {
		log.Warn("event stream cannot be rendered", "err", err)
	}
	return err == nil
}

// frameWriter writes frames, each with a deadline of its own. After the first error,
// which is the client being gone or stuck, it writes nothing more.
type frameWriter struct {
	c   echo.Context
	rc  *http.ResponseController
	err error
}

// open lifts the server's limits from this one response and sends its head at once.
func (w *frameWriter) open() error {
	if err := w.rc.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if err := w.rc.SetWriteDeadline(time.Now().Add(web.WriteLimit)); err != nil {
		return err
	}
	w.c.Response().WriteHeader(http.StatusOK)
	w.err = w.rc.Flush()
	return nil
}

// close takes the deadline away: the connection may live on and serve something else.
func (w *frameWriter) close() {
	if w.err == nil {
		w.err = w.rc.SetWriteDeadline(time.Time{})
	}
}

func (w *frameWriter) send(frame []byte) {
	if w.err != nil || len(frame) == 0 {
		return
	}
	if w.err = w.rc.SetWriteDeadline(time.Now().Add(web.WriteLimit)); w.err != nil {
		return
	}
	if _, w.err = w.c.Response().Write(frame); w.err != nil {
		return
	}
	w.err = w.rc.Flush()
}
