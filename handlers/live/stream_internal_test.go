package live

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
func openStream(t *testing.T, b *Broadcaster, alive func() bool) (*client, <-chan struct{}) {
	t.Helper()
	w, ended := &client{}, make(chan struct{})
	c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil), w)
	go func() {
		defer close(ended)
		err := b.Serve(c, one, Show{
			First: func(context.Context) ([]byte, error) { return []byte("first "), nil },
			Changes: func(_ context.Context, b Batch, send func([]byte)) error {
				for _, u := range b.Updates {
					send([]byte(u.Snap.Name + " "))
				}
				return nil
			},
			May:    May{Still: func(context.Context) bool { return alive() }},
			Frames: Frames{Beat: func() []byte { return []byte("beat ") }, Pulse: beatEvery, Ended: []byte("over")},
		})
		if err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return w, ended
}

// beatEvery is how often the streams of these tests say something.
const beatEvery = 2 * time.Second

// one is a stream of the device that all of these tests are about.
var one = Watch{Device: "one"}

func running(src *source) (b *Broadcaster, stop func()) {
	b, quit := NewBroadcaster(src.subscribe, src.current, slog.New(slog.DiscardHandler)), make(chan struct{})
	go b.Run(quit)
	synctest.Wait()
	return b, func() { close(quit); <-b.Done() }
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
	b := NewBroadcaster(
		func(int) (<-chan session.Snapshot, func()) { return hub, func() {} },
		func() []session.Snapshot { return []session.Snapshot{{ID: "two", Rev: 1}} },
		slog.New(slog.DiscardHandler))
	gone, stays := newStream(one), newStream(Watch{Device: "two"})
	b.join(gone)
	b.join(stays)
	b.Run(make(chan struct{}))
	if got := gone.take(); len(got.Updates) != 1 || !got.Newest().Snap.Deleted {
		t.Errorf("of the deleted device: %+v", got)
	}
	if got := stays.take(); len(got.Updates) != 1 || got.Newest().Snap.Deleted {
		t.Errorf("of the other: %+v", got)
	}
}

func TestStreamOrderAndBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{now: []session.Snapshot{snap("zero", 1)}}
		s, stop := running(src)
		w, ended := openStream(t, s, always)
		for i, name := range []string{"a", "b", "c"} {
			src.set(snap(name, uint64(2+i)), false)
			synctest.Wait()
		}
		time.Sleep(beatEvery)
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
		s, stop := running(&source{})
		defer stop()
		ctx, leave := context.WithCancel(t.Context())
		w := &client{}
		c := echo.New().NewContext(httptest.NewRequestWithContext(ctx, http.MethodGet, "/events", nil), w)
		ended := make(chan error, 1)
		go func() {
			ended <- s.Serve(c, one, Show{
				First:  func(context.Context) ([]byte, error) { return []byte("first "), nil },
				Later:  func(context.Context) ([]byte, error) { return []byte("again "), nil },
				May:    May{Still: func(context.Context) bool { return true }},
				Frames: Frames{Beat: func() []byte { return nil }, Pulse: beatEvery},
			})
		}()
		time.Sleep(3*laterEvery + time.Second)
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
		s, stop := running(&source{})
		defer stop()
		w, began := &client{}, time.Now()
		c := echo.New().NewContext(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil), w)
		err := s.Serve(c, one, Show{
			First:  func(context.Context) ([]byte, error) { return []byte("first "), nil },
			May:    May{Still: func(context.Context) bool { return true }, Until: began.Add(7 * time.Second)},
			Frames: Frames{Beat: func() []byte { return nil }, Pulse: beatEvery, Ended: []byte("over")},
		})
		if took := time.Since(began); err != nil || took != 7*time.Second || w.text() != "first over" {
			t.Errorf("after %v, %v: %q", took, err, w.text())
		}
	})
}

func TestStalledClientIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{}
		s, stop := running(src)
		stuck, gone := openStream(t, s, always)
		well, _ := openStream(t, s, always)
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
		if n := s.Count(); n != 1 {
			t.Errorf("%d streams left, want 1", n)
		}
		stop()
	})
}

func TestSlowClientGetsTheNewestState(t *testing.T) {
	st := newStream(Watch{})
	for rev := range uint64(1000) {
		st.push(&Update{Snap: snap("x", rev), Ranked: rev == 0})
	}
	b := st.take()
	if len(b.Updates) != 1 || b.Newest().Snap.Rev != 999 || !b.Ranked {
		t.Errorf("%d updates, newest %d, ranked %v", len(b.Updates), b.Newest().Snap.Rev, b.Ranked)
	}
}

func TestEndedLoginEndsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, stop := running(&source{})
		defer stop()
		looks := 0
		w, ended := openStream(t, s, func() bool { looks++; return looks == 1 })
		<-ended // at the first look after the start
		if got, want := strings.ReplaceAll(w.text(), "beat ", ""), "first over"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		w, ended = openStream(t, s, func() bool { return false })
		<-ended // it was over before it began
		if got, want := w.text(), "over"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestLostSubscriptionReadsEverythingAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &source{now: []session.Snapshot{snap("a", 1)}}
		s, stop := running(src)
		defer stop()
		w, ended := openStream(t, s, always)
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
		<-s.Done()
	})
}
