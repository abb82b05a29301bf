package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
)

// source is a hub by hand.
type source struct {
	mu   sync.Mutex
	now  []session.Snapshot
	subs []chan session.Snapshot
	shut bool
}

func (s *source) subscribe(int) (<-chan session.Snapshot, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan session.Snapshot, 10)
	if s.shut {
		close(c)
	}
	s.subs = append(s.subs, c)
	return c, func() {}
}

func (s *source) current() []session.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]session.Snapshot(nil), s.now...)
}

// set changes the current state and, unless it is lost, announces it.
func (s *source) set(snap session.Snapshot, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = []session.Snapshot{snap}
	if !lost {
		s.subs[len(s.subs)-1] <- snap
	}
}

// cut drops the subscription; with shut the hub is closed for good.
func (s *source) cut(shut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = shut
	close(s.subs[len(s.subs)-1])
}

// client is a response whose reader may stop reading.
type client struct {
	mu       sync.Mutex
	got      bytes.Buffer
	stuck    bool
	deadline time.Time
}

func (c *client) Header() http.Header { return http.Header{} }
func (c *client) WriteHeader(int)     {}

func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck {
		time.Sleep(time.Until(c.deadline)) // fake time: the socket's deadline
		return 0, os.ErrDeadlineExceeded
	}
	return c.got.Write(p)
}

func (c *client) FlushError() error               { return nil }
func (c *client) SetReadDeadline(time.Time) error { return nil }
func (c *client) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

func (c *client) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck = true
}

func (c *client) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got.String()
}

// openStream serves one stream of "NAME " frames to a client; ended is closed at its end.
func openStream(t *testing.T, s *Server, alive func() bool) (*client, *stream, <-chan struct{}) {
	t.Helper()
	w, st, ended := &client{}, newStream("one"), make(chan struct{})
	c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil), w)
	go func() {
		defer close(ended)
		err := s.serveStream(c, st, show{
			first: func(context.Context) ([]byte, error) { return []byte("first "), nil },
			changes: func(_ context.Context, b batch, send func([]byte)) error {
				for _, u := range b.updates {
					send([]byte(u.snap.Name + " "))
				}
				return nil
			},
			alive: func(context.Context) bool { return alive() },
			beat:  func() []byte { return []byte("beat ") }, pulse: views.BeatEvery, ended: []byte("over"),
		})
		if err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return w, st, ended
}

func newStreamServer(src *source) (s *Server, stop func()) {
	log := slog.New(slog.DiscardHandler)
	s = &Server{log: log, quit: make(chan struct{}), streams: newBroadcaster(src.subscribe, src.current, log)}
	go s.streams.run(s.quit)
	synctest.Wait()
	return s, s.Close
}

func snap(name string, rev uint64) session.Snapshot {
	return session.Snapshot{ID: "one", Name: name, Rev: rev}
}

func always() bool { return true }

// Ensure that a stream learns that its device is gone also when that happened while
// nobody listened to the hub.
func TestDeviceDeletedBeforeTheBroadcasterListens(t *testing.T) {
	hub := make(chan session.Snapshot)
	close(hub)
	b := newBroadcaster(
		func(int) (<-chan session.Snapshot, func()) { return hub, func() {} },
		func() []session.Snapshot { return []session.Snapshot{{ID: "two", Rev: 1}} },
		slog.New(slog.DiscardHandler))
	gone, stays := newStream("one"), newStream("two")
	b.join(gone)
	b.join(stays)
	b.run(make(chan struct{}))
	if got := gone.take(); len(got.updates) != 1 || !got.newest().snap.Deleted {
		t.Errorf("of the deleted device: %+v", got)
	}
	if got := stays.take(); len(got.updates) != 1 || got.newest().snap.Deleted {
		t.Errorf("of the other: %+v", got)
	}
}

func TestStreamOrderAndBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{now: []session.Snapshot{snap("zero", 1)}}
		s, stop := newStreamServer(src)
		w, _, ended := openStream(t, s, always)
		for i, name := range []string{"a", "b", "c"} {
			src.set(snap(name, uint64(2+i)), false)
			synctest.Wait()
		}
		time.Sleep(views.BeatEvery)
		synctest.Wait()
		if got, want := w.text(), "first a b c beat "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		stop()
		<-ended
	})
}

// TestStreamMovesOnWithTime: what changes with time alone is sent once a minute.
func TestStreamMovesOnWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := newStreamServer(&source{})
		defer stop()
		ctx, leave := context.WithCancel(t.Context())
		w := &client{}
		c := echo.New().NewContext(httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil), w)
		ended := make(chan error, 1)
		go func() {
			ended <- s.serveStream(c, newStream("one"), show{
				first: func(context.Context) ([]byte, error) { return []byte("first "), nil },
				again: func(context.Context) ([]byte, error) { return []byte("again "), nil },
				alive: func(context.Context) bool { return true },
				beat:  func() []byte { return nil }, pulse: views.BeatEvery,
			})
		}()
		time.Sleep(3*againEvery + time.Second)
		synctest.Wait()
		if got, want := w.text(), "first again again again "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		leave()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestStreamEndsInTime: who may watch until a certain moment does so no longer.
func TestStreamEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := newStreamServer(&source{})
		defer stop()
		w, began := &client{}, time.Now()
		c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil), w)
		err := s.serveStream(c, newStream("one"), show{
			first: func(context.Context) ([]byte, error) { return []byte("first "), nil },
			alive: func(context.Context) bool { return true },
			beat:  func() []byte { return nil }, pulse: views.BeatEvery,
			ended: []byte("over"), until: began.Add(7 * time.Second),
		})
		if took := time.Since(began); err != nil || took != 7*time.Second || w.text() != "first over" {
			t.Errorf("after %v, %v: %q", took, err, w.text())
		}
	})
}

func TestStalledClientIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		s, stop := newStreamServer(src)
		stuck, _, gone := openStream(t, s, always)
		well, _, _ := openStream(t, s, always)
		stuck.stop()
		src.set(snap("a", 1), false)
		synctest.Wait()
		src.set(snap("b", 2), false)
		synctest.Wait()
		if got := well.text(); got != "first a b " {
			t.Errorf("a stuck client holds up another: %q", got)
		}
		began := time.Now()
		<-gone
		if took := time.Since(began); took > web.WriteLimit {
			t.Errorf("dropped after %v", took)
		}
		if n := s.streams.count(); n != 1 {
			t.Errorf("%d streams left, want 1", n)
		}
		stop()
	})
}

func TestSlowClientGetsTheNewestState(t *testing.T) {
	st := newStream("")
	for rev := range uint64(1000) {
		st.push(&update{snap: snap("x", rev), ranked: rev == 0})
	}
	b := st.take()
	if len(b.updates) != 1 || b.newest().snap.Rev != 999 || !b.ranked {
		t.Errorf("%d updates, newest %d, ranked %v", len(b.updates), b.newest().snap.Rev, b.ranked)
	}
}

func TestEndedLoginEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := newStreamServer(&source{})
		defer stop()
		looks := 0
		w, _, ended := openStream(t, s, func() bool { looks++; return looks == 1 })
		<-ended // at the first look after the start
		if got, want := strings.ReplaceAll(w.text(), "beat ", ""), "first over"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		w, _, ended = openStream(t, s, func() bool { return false })
		<-ended // it was over before it began
		if got, want := w.text(), "over"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestLostSubscriptionReadsEverythingAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{now: []session.Snapshot{snap("a", 1)}}
		s, stop := newStreamServer(src)
		defer stop()
		w, _, ended := openStream(t, s, always)
		src.set(snap("b", 2), false)
		synctest.Wait()
		src.set(snap("c", 3), true) // nobody was told
		src.cut(false)
		synctest.Wait()
		if got, want := w.text(), "first b c "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		src.cut(true)
		<-ended
		<-s.streams.done
	})
}

func TestPanicIsA500(t *testing.T) {
	var logged bytes.Buffer
	s := &Server{log: slog.New(slog.NewTextHandler(&logged, nil))}
	e := echo.New()
	e.HTTPErrorHandler = web.NewAnswers(s.log, nil, nil).HandleError
	e.GET("/api/boom", s.guard(web.Route{Method: http.MethodGet, Path: "/api/boom", May: web.APIKey, Do: func(echo.Context) error { panic("secret detail") }}))
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/boom", nil))
	want := `{"code":500,"results":{"message":"Something went wrong on the server. Try again; its administrator finds the cause in the log.","error":"internal"}}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !bytes.Contains(logged.Bytes(), []byte("secret detail")) || !bytes.Contains(logged.Bytes(), []byte("TestPanicIsA500")) {
		t.Errorf("the log lacks the cause or the stack: %s", logged.String())
	}
}
