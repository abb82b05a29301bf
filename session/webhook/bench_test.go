package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/models"
)

const benchEvents = 10_000 // of 100 chats, so that chats need not wait for each other

// BenchmarkDrain delivers what waits, and posts as much in a bare loop with the same number
// of connections, once before and once after it, because machines are not equally busy all
// the time: the second number should be no more than twice the first.
func BenchmarkDrain(b *testing.B) {
	for b.Loop() {
		r := newRig(b)
		var got atomic.Int64
		var draining atomic.Bool
		all := make(chan struct{})
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			_, _ = io.Copy(io.Discard, q.Body)
			w.WriteHeader(http.StatusNoContent)
			if got.Add(1) == benchEvents && draining.Load() {
				close(all)
			}
		}))
		r.endpoint(s.URL)
		var waiting []spoken
		for i := range benchEvents {
			waiting = append(waiting, spoken{fmt.Sprint(i % 100), "pesan"})
		}
		r.sayAll(waiting)
		bare := barePosts(b, s.URL)
		got.Store(0)
		draining.Store(true)
		begun := time.Now()
		stop := r.run(r.Store, loopback)
		<-all
		drained := time.Since(begun)
		stop()
		draining.Store(false)
		bare = (bare + barePosts(b, s.URL)) / 2
		s.Close()
		b.ReportMetric(benchEvents/drained.Seconds(), "deliveries/s")
		b.ReportMetric(benchEvents/bare.Seconds(), "bare-posts/s")
		b.ReportMetric(bare.Seconds()/drained.Seconds(), "of-bare")
	}
}

// barePosts posts as many bodies as there are events, with as many connections as the engine
// has for an endpoint.
func barePosts(b *testing.B, url string) time.Duration {
	b.Helper()
	begun := time.Now()
	body := strings.Repeat("x", 400)
	var posting sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	for range 4 {
		posting.Go(func() {
			for range benchEvents / 4 {
				res, err := client.Post(url, "application/json", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					return
				}
				_ = res.Body.Close()
			}
		})
	}
	posting.Wait()
	client.CloseIdleConnections()
	return time.Since(begun)
}

// BenchmarkLatency stores 100 messages a second and looks at how long each takes until it is
// at its endpoint.
func BenchmarkLatency(b *testing.B) {
	for b.Loop() {
		r := newRig(b)
		const messages = 500
		var mu sync.Mutex
		var took []time.Duration
		began := make(map[string]time.Time)
		all := make(chan struct{})
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(q.Body)
			at := time.Now()
			_, rest, _ := strings.Cut(string(body), `"text":"`)
			words, _, _ := strings.Cut(rest, `"`)
			w.WriteHeader(http.StatusNoContent)
			mu.Lock()
			defer mu.Unlock()
			if took = append(took, at.Sub(began[words])); len(took) == messages {
				close(all)
			}
		}))
		r.endpoint(s.URL)
		stop := r.run(r.Store, loopback)
		tick := time.NewTicker(10 * time.Millisecond)
		for i := range messages {
			<-tick.C
			words := fmt.Sprint("pesan ", i)
			mu.Lock()
			began[words] = time.Now()
			mu.Unlock()
			r.say(fmt.Sprint(i%50), words)
		}
		<-all
		tick.Stop()
		stop()
		s.Close()
		slices.Sort(took)
		b.ReportMetric(float64(took[messages/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[messages*99/100].Microseconds())/1000, "p99-ms")
	}
}

// BenchmarkIdle is what 1,000 endpoints cost that should get nothing.
func BenchmarkIdle(b *testing.B) {
	r := newRig(b)
	for i := range 20 {
		d, _, err := r.CreateDevice(b.Context(), fmt.Sprint("Toko ", i))
		if err != nil {
			b.Fatal(err)
		}
		for range models.MaxEndpoints {
			if _, err := r.AddEndpoint(b.Context(), d.ID, models.EndpointChoices{URL: "https://example.com/", Files: true}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() { // all that an engine does for them: one look every five seconds
		if due, err := r.DueEndpoints(b.Context()); err != nil || len(due) > 0 {
			b.Fatal(due, err)
		}
	}
}
