package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What the row of a device says. The states alone are in every message, in the links of
// the summary.
const (
	rowOff       = `data-state="SERVICE_OFF"`
	rowConnected = `data-state="CONNECTED"`
)

// eventsPerRound is how many events are timed in a round.
const eventsPerRound = 10

// benchEvents takes the time from an event of WhatsApp (another client has taken a
// device over) to every one of n browsers that show the list of devices. The clock
// starts before the simulated WhatsApp is told, and stops when the bytes are here. Then
// the same from a click: one browser stops the device, and the clock stops when all n
// have the bytes that say so. Until then they disagree.
func benchEvents(b *testing.B, f *fleet, r *report, n int) {
	f.b = b
	const fleetSize = 10
	h, at := f.wadah(fleetSize, 0, dialsAtOnce)
	defer h.stop()
	cookie := h.do(order{Do: "login"}).Cookie
	jid, key := f.jids[fleetSize][0], f.keys[fleetSize][0]
	plain := cast(b, rolePlain)
	defer plain.stop()
	base := plain.do(order{Do: "start"}).URL

	ours := openStreams(b, n, at.URL, "/events?page=devices", cookie)
	defer ours.close()
	floor := openStreams(b, n, base, "/events", "")
	defer floor.close()
	name := fmt.Sprintf("event to the browser, %d streams: ", n)
	p50 := r.row(name+"median", "ms")
	p99 := r.row(name+"p99", "ms").below(50)
	agreed := r.row(fmt.Sprintf("click in one browser to the last of %d", n), "ms").below(1000)
	stop := at.URL + "/devices/" + deviceID(b, at.URL, key) + "/stop"
	again := func() error {
		_, err := ours.await(rowConnected, func() error {
			return want200(b.Context(), at.URL+"/api/serviceStart", "application/x-www-form-urlencoded", url.Values{"apiKey": {key}}.Encode())
		})
		return err
	}
	frame := []byte("event: message\ndata: " + strings.Repeat("x", 3000) + rowOff + "\n\n")
	for round := range *rounds + 1 {
		var mine, theirs, clicks loaded
		for range eventsPerRound {
			times, err := ours.await(rowOff, func() error {
				body := jsonText(map[string]string{"target": jid, "kind": "replaced"})
				return want200(b.Context(), f.service.Control+"fault", "application/json", body)
			})
			if err != nil {
				b.Fatal(err)
			}
			mine.times = append(mine.times, times...)
			if err := again(); err != nil {
				b.Fatal(err)
			}
			times, err = ours.await(rowOff, func() error { return click(b.Context(), stop, cookie) })
			if err != nil {
				b.Fatal(err)
			}
			clicks.times = append(clicks.times, slices.Max(times))
			if err := again(); err != nil {
				b.Fatal(err)
			}
			times, err = floor.await(rowOff, func() error { plain.do(order{Do: "publish", Body: frame}); return nil })
			if err != nil {
				b.Fatal(err)
			}
			theirs.times = append(theirs.times, times...)
		}
		if round == 0 {
			continue // to warm up
		}
		slices.Sort(mine.times)
		slices.Sort(theirs.times)
		p50.add(mine.quantile(0.50), theirs.quantile(0.50))
		p99.add(mine.quantile(0.99), theirs.quantile(0.99))
		slices.Sort(clicks.times)
		agreed.add(clicks.quantile(1), theirs.quantile(1))
	}
}

// deviceID asks the server for the device of a key.
func deviceID(b *testing.B, at, key string) string {
	b.Helper()
	_, body, err := request(b.Context(), http.MethodGet, at+"/api/getDevice?apiKey="+key, "", "")
	if err != nil {
		b.Fatal(err)
	}
	device, err := unmarshal[struct{ Results struct{ ID string } }](body)
	if err != nil || device.Results.ID == "" {
		b.Fatalf("getDevice: %s %v", body, err)
	}
	return device.Results.ID
}

// click sends a form of the panel, as the browser with that cookie does.
func click(ctx context.Context, to, cookie string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Hx-Request", "true")
	status, out, err := do(http.DefaultClient, req)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", to, status, out)
	}
	return err
}

func want200(ctx context.Context, to, contentType, body string) error {
	status, out, err := request(ctx, http.MethodPost, to, contentType, body)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", to, status, out)
	}
	return err
}

// streams are many browsers, which look for one word in what they are sent.
type streams struct {
	conns []net.Conn
	wg    sync.WaitGroup
	watch atomic.Pointer[sighting]
}

// sighting is a word that every stream is to see.
type sighting struct {
	word  []byte
	began time.Time
	mu    sync.Mutex
	seen  map[int]time.Duration
	all   chan struct{}
	n     int
}

// openStreams opens n event streams and waits until each has been answered.
func openStreams(b *testing.B, n int, at, path, cookie string) *streams {
	b.Helper()
	s := new(streams)
	head := "GET " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(at, "http://") + "\r\nAccept: text/event-stream\r\n"
	if cookie != "" {
		head += "Cookie: " + cookie + "\r\n"
	}
	_, err := s.awaitN("HTTP/1.1 200", n, func() error {
		for i := range n {
			conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", strings.TrimPrefix(at, "http://"))
			if err != nil {
				return err
			}
			s.conns = append(s.conns, conn)
			s.wg.Go(func() { s.read(i, conn) })
			if _, err := conn.Write([]byte(head + "\r\n")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// read notes when stream i sees the word. The end of the last piece is kept, because
// a word may be cut in two.
func (s *streams) read(i int, conn net.Conn) {
	buf, kept := make([]byte, 16<<10), 0
	for {
		n, err := conn.Read(buf[kept:])
		now := time.Now()
		if err != nil {
			return // closed, or the benchmark waits in vain and says so
		}
		text := buf[:kept+n]
		if w := s.watch.Load(); w != nil && bytes.Contains(text, w.word) {
			w.saw(i, now)
			text = nil
		}
		kept = copy(buf, text[max(0, len(text)-len(rowOff)):])
	}
}

func (w *sighting) saw(i int, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, again := w.seen[i]; again {
		return
	}
	w.seen[i] = at.Sub(w.began)
	if len(w.seen) == w.n {
		close(w.all)
	}
}

// await makes something happen and returns when each stream saw the word.
func (s *streams) await(word string, happen func() error) ([]time.Duration, error) {
	return s.awaitN(word, len(s.conns), happen)
}

func (s *streams) awaitN(word string, n int, happen func() error) ([]time.Duration, error) {
	w := &sighting{word: []byte(word), n: n, seen: make(map[int]time.Duration, n), all: make(chan struct{}), began: time.Now()}
	s.watch.Store(w)
	defer s.watch.Store(nil)
	if err := happen(); err != nil {
		return nil, err
	}
	select {
	case <-w.all:
	case <-time.After(patience):
		return nil, fmt.Errorf("%d of %d streams saw %q", len(w.seen), n, word)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	times := make([]time.Duration, 0, n)
	for _, t := range w.seen {
		times = append(times, t)
	}
	return times, nil
}

func (s *streams) close() error {
	var err error
	for _, c := range s.conns {
		err = errors.Join(err, c.Close())
	}
	s.wg.Wait()
	return err
}
