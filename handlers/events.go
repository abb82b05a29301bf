package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/views"
)

const (
	// lookEvery is how often the login, key or link behind a stream is looked at again,
	// and how often a program hears something at least: it keeps proxies from closing a
	// quiet stream. Pages hear more often, see views.BeatEvery.
	lookEvery = 20 * time.Second

	// againEvery is how often a page is sent anew what changes with time alone.
	againEvery = time.Minute
)

// errStreamOver is returned by show.changes when nothing more will come.
var errStreamOver = errors.New("the stream is over")

// show is what one kind of event stream sends.
type show struct {
	first   func(ctx context.Context) ([]byte, error)                   // the whole current state
	changes func(ctx context.Context, b batch, send func([]byte)) error // what happened since
	again   func(ctx context.Context) ([]byte, error)                   // what moves on with time; nil for nothing
	also    <-chan struct{}                                             // makes changes run with an empty batch; nil for never
	alive   func(ctx context.Context) bool                              // whether the client may still watch
	until   time.Time                                                   // when it may not any more at the latest; zero for no such time
	strict  bool                                                        // ask alive before every change, too
	hello   []byte                                                      // sent before everything else; may be empty
	beat    func() []byte                                               // sent every pulse, whatever else is sent
	pulse   time.Duration                                               // how often the client hears something at least
	ended   []byte                                                      // sent before the stream of an ended login is closed
}

// serveStream keeps one event stream open: it joins the broadcaster, sends the
// current state, then every change until the client, the login or the server is gone.
//
// Joining before the first state is what makes a lost change impossible. There is no
// replay by Last-Event-ID: whoever reconnects gets the current state.
func (s *Server) serveStream(c echo.Context, st *stream, sh show) error {
	if !s.streams.join(st) {
		return errTooManyStreams
	}
	defer s.streams.leave(st)
	ctx := c.Request().Context()
	// What ended between the guard's look and now was told to a stream that was not
	// there yet.
	begins := sh.alive(ctx)
	var first []byte
	if begins {
		var err error
		if first, err = sh.first(ctx); err != nil {
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
		out.send(sh.hello)
		out.send(first)
		s.pump(ctx, out, st, sh)
	default:
		out.send(sh.ended)
	}
	out.close()
	return nil
}

// pump sends until the stream is over. The client being gone is no error.
func (s *Server) pump(ctx context.Context, out *frameWriter, st *stream, sh show) {
	beat, look := time.NewTicker(sh.pulse), time.NewTicker(lookEvery)
	defer beat.Stop()
	defer look.Stop()
	again, end := time.NewTicker(againEvery), time.NewTimer(time.Until(sh.until))
	defer again.Stop()
	defer end.Stop()
	if sh.again == nil {
		again.Stop()
	}
	if sh.until.IsZero() {
		end.Stop()
	}
	for out.err == nil {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			out.send(sh.beat())
		case <-look.C:
			if !sh.alive(ctx) {
				st.end(endedLogin)
			}
		case <-end.C:
			st.end(endedLogin)
		case <-again.C:
			frame, err := sh.again(ctx)
			if !s.rendered(ctx, err) {
				return
			}
			out.send(frame)
		case <-st.wake:
			b := st.take()
			if b.ended == endedLogin || b.ended == notEnded && sh.strict && !sh.alive(ctx) {
				out.send(sh.ended)
				return
			}
			if b.ended != notEnded {
				return
			}
			if len(b.updates) > 0 && !s.tell(ctx, out, sh, b) {
				return
			}
		case <-sh.also:
			if !s.tell(ctx, out, sh, batch{}) {
				return
			}
		}
	}
}

// tell sends what happened, and reports whether the stream goes on.
func (s *Server) tell(ctx context.Context, out *frameWriter, sh show, b batch) bool {
	return s.rendered(ctx, sh.changes(ctx, b, out.send))
}

// rendered reports whether a stream goes on after err. A client that went away meanwhile
// is no trouble of ours.
func (s *Server) rendered(ctx context.Context, err error) bool {
	if err != nil && !errors.Is(err, errStreamOver) && ctx.Err() == nil {
		s.log.Warn("event stream cannot be rendered", "err", err)
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

// pageEvents is the one event stream of a live page: the list, a device, or the
// virtual phones.
func (s *Server) pageEvents(c echo.Context) error {
	if id := c.QueryParam("device"); id != "" {
		return s.deviceEvents(c, id)
	}
	switch c.QueryParam("page") {
	case "devices":
		return s.listEvents(c)
	case "phones":
		return s.phoneEvents(c)
	}
	return echo.ErrNotFound
}

// servePanel serves a stream of the panel: it belongs to the visitor's login and ends
// with it.
func (s *Server) servePanel(c echo.Context, st *stream, sh show) error {
	v := visitorOf(c)
	st.login, st.user = v.token, v.user.ID
	st.owner, st.most = owner{ownedByLogin, v.token}, s.limits.LoginStreams
	st.scope = v.scope
	sh.alive = func(ctx context.Context) bool { return s.stillMay(ctx, v, st.device) }
	return s.servePage(c, st, sh)
}

// servePage serves a stream to a page: the first thing it says is the server's time, and
// it never stays silent for long.
func (s *Server) servePage(c echo.Context, st *stream, sh show) error {
	sh.hello, sh.ended = views.Hello(time.Now()), views.Ended()
	sh.beat, sh.pulse = func() []byte { return views.Beat(time.Now()) }, views.BeatEvery
	return s.serveStream(c, st, sh)
}
