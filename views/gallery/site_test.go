package gallery_test

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/views"
	deviceviews "wadah/views/device"
)

// policy is the one the product serves the panel under.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// staticFiles are the files of the package static, which views must not import.
func staticFiles() fs.FS { return os.DirFS(filepath.FromSlash("../../static")) }

// site serves one page and its stream.
type site struct {
	*httptest.Server
	mu     sync.Mutex
	page   func() deviceviews.DevicePage
	open   []chan []byte
	refuse int // status that the stream answers; 0 serves it
	visits map[string]int
	late   chan struct{} // the script of the streams comes when this is closed; nil for at once
	slow   chan struct{} // a restart is answered when this is closed

	still      atomic.Bool // nothing is sent by itself
	dead       atomic.Bool // no request but that for the page is answered well
	badGateway atomic.Bool // a proxy answers in our place
}

func newSite(t *testing.T, page func() deviceviews.DevicePage) *site {
	t.Helper()
	s := &site{page: page, visits: map[string]int{}, slow: make(chan struct{})}
	mux := http.NewServeMux()
	files := http.StripPrefix("/static/", http.FileServerFS(staticFiles()))
	mux.Handle("/static/", files)
	mux.HandleFunc("/static/vendor/htmx/hx-sse.min.js", func(w http.ResponseWriter, r *http.Request) {
		if s.late != nil {
			<-s.late
		}
		files.ServeHTTP(w, r)
	})
	mux.HandleFunc("/devices/d1", func(w http.ResponseWriter, r *http.Request) {
		s.count("page")
		w.Header().Set("Content-Security-Policy", policy)
		p := s.page()
		if err := deviceviews.DeviceShow(p).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if s.dead.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/devices/d1/pair", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // else the server does not see that the browser gives up
		if s.dead.Load() {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write([]byte("<!doctype html><title>paired</title>"))
	})
	mux.HandleFunc("/devices/d1/restart", func(w http.ResponseWriter, r *http.Request) {
		if s.badGateway.Load() {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
			return
		}
		select {
		case <-s.slow:
		case <-r.Context().Done():
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/devices", func(w http.ResponseWriter, _ *http.Request) {
		s.count("list")
		_, _ = w.Write([]byte("<!doctype html><title>list</title><h1 id='list'>list</h1>"))
	})
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/events", s.events)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() { s.drop(); s.CloseClientConnections(); s.Close() })
	return s
}

func (s *site) count(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits[what]++
	return s.visits[what]
}

func (s *site) visited(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visits[what]
}

func (s *site) events(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.visits["stream"]++
	refuse, messages := s.refuse, make(chan []byte, 16)
	if refuse == 0 {
		s.open = append(s.open, messages)
	}
	s.mu.Unlock()
	if refuse != 0 {
		w.WriteHeader(refuse)
		return
	}
	tell(w, r, messages, &s.still, views.Hello(time.Now()), live(r.Context(), s.page()))
}

// quietStream is the stream of a page on which nothing happens.
func quietStream(w http.ResponseWriter, r *http.Request) { tell(w, r, nil, nil) }

// tell serves an event stream: what comes first, news until their channel is closed, and
// the beats between, unless still says that the line is dead.
func tell(w http.ResponseWriter, r *http.Request, news <-chan []byte, still *atomic.Bool, first ...[]byte) {
	w.Header().Set("Content-Type", "text/event-stream")
	beat := time.NewTicker(views.BeatEvery)
	defer beat.Stop()
	if len(first) == 0 {
		first = [][]byte{views.Beat(time.Now())}
	}
	for _, m := range first {
		_, _ = w.Write(m)
	}
	for http.NewResponseController(w).Flush() == nil {
		select {
		case m, ok := <-news:
			if !ok {
				return
			}
			_, _ = w.Write(m)
		case now := <-beat.C:
			if still == nil || !still.Load() {
				_, _ = w.Write(views.Beat(now))
			}
		case <-r.Context().Done():
			return
		}
	}
}

// live is the first message of a connection, and every later one.
func live(ctx context.Context, p deviceviews.DevicePage) []byte {
	partial, err := deviceviews.DevicePartial(ctx, p.Lang, p.Device, p.Section)
	if err != nil || p.Section != views.DeviceOverview {
		return views.Message(partial)
	}
	events, err := deviceviews.TimelinePartial(ctx, p.Lang, p.Timeline)
	if err != nil {
		return nil
	}
	return views.Message(partial, events)
}

func (s *site) send(m []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		c <- m
	}
}

func (s *site) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		close(c)
	}
	s.open = nil
}

func (s *site) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = status
}
