//go:build !race

package trial_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/session/sandbox"
)

// These tests count what the whole process holds, so nothing runs beside them.

// Starting and stopping a linked device leaves nothing behind.
func TestStartStopLeaks(t *testing.T) {
	w := newWorld(t)
	id := w.linked("Toko", phone)
	cycle := func() {
		w.stop(id)
		w.start(id)
		w.await(id, "CONNECTED/ready")
	}
	w.leaksNothing(soak(100, 1000), 10, cycle)
}

// Connections that break and are made again leave nothing behind: 100 of them, 1,000
// in a soak run. Many devices break a few times, because the pause before the next
// try grows each time.
func TestReconnectLeaks(t *testing.T) {
	w := newWorld(t)
	ids := w.linkMany(soak(50, 250))
	breakAll := func() {
		logins := w.svc.Stats().LoginsOK
		must(t, w.svc.Inject("", sandbox.Fault{Kind: sandbox.FaultDrop}))
		w.reach("logged in again", logins+int64(len(ids)), func(s sandbox.Stats) int64 { return s.LoginsOK })
		for _, id := range ids {
			w.await(id, "CONNECTED/ready")
		}
	}
	w.leaksNothing(soak(2, 4), 1, breakAll)
}

// Rounds of QR codes that nobody scans, until WhatsApp ends them, leave nothing
// behind: 20 of them, 200 in a soak run.
func TestRoundLeaks(t *testing.T) {
	w := newWorld(t, func(s *settings) {
		s.sandbox.RefFirst, s.sandbox.RefNext = 200*time.Millisecond, 20*time.Millisecond
	})
	ids := make([]string, soak(10, 50))
	for n := range ids {
		ids[n] = w.add(fmt.Sprintf("Toko %d", n))
		w.start(ids[n])
	}
	round := func() {
		begun := w.svc.Stats().Registrations
		w.reach("rounds begun", begun+int64(len(ids)), func(s sandbox.Stats) int64 { return s.Registrations })
	}
	w.leaksNothing(soak(2, 4), 1, round)
}

// reach waits until the simulated WhatsApp has counted so many.
func (w *world) reach(what string, want int64, count func(sandbox.Stats) int64) {
	w.t.Helper()
	eventually(w.t, patience, func() error {
		if got := count(w.svc.Stats()); got < want {
			return fmt.Errorf("%s: %d, want %d", what, got, want)
		}
		return nil
	})
}

// Event streams that are opened and dropped leave nothing behind.
func TestStreamLeaks(t *testing.T) {
	w := newWorld(t)
	web := handlers.New(handlers.Config{Version: "test"}, w.store, w.Manager, slog.New(slog.DiscardHandler))
	defer web.Close()
	server := httptest.NewServer(web.Handler())
	defer server.Close()
	s, key, err := w.AddDevice(context.Background(), "Toko")
	must(t, err)
	w.start(s.ID)
	w.await(s.ID, "SERVICE_SCAN/qr")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ten := func() {
		var streams sync.WaitGroup
		for range 10 {
			streams.Go(func() {
				// A stream that was dropped a moment ago still counts against the key's limit.
				eventually(t, patience, func() error {
					ctx, drop := context.WithCancel(context.Background())
					defer drop()
					return readStream(ctx, client, server.URL+"/api/events?apiKey="+key.Value)
				})
			})
		}
		streams.Wait()
	}
	w.leaksNothing(soak(20, 100), 2, ten)
}

// readStream opens an event stream, reads its first event, and leaves.
func readStream(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	first := make([]byte, 64)
	if _, err := io.ReadAtLeast(res.Body, first, len("event: state")); err != nil {
		return err
	}
	if !strings.HasPrefix(string(first), "event: state") {
		return fmt.Errorf("the stream begins %q", first)
	}
	return nil
}

// holdings are what a process can leak.
type holdings struct {
	goroutines, files, connections int // database connections: those in use
	heap                           uint64
}

func (w *world) holdings() (h holdings) {
	w.t.Helper()
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	files, err := os.ReadDir("/dev/fd")
	must(w.t, err)
	return holdings{runtime.NumGoroutine(), len(files), w.store.SQL().Stats().InUse, memory.HeapAlloc}
}

// leaksNothing does something warm times, and then many times, after which the
// process must hold what it held before.
func (w *world) leaksNothing(times, warm int, do func()) {
	w.t.Helper()
	for range warm {
		do()
	}
	before := w.holdings()
	eventually(w.t, 5*time.Second, func() error { // what the warm-up still closes
		now := w.holdings()
		calm := now.goroutines >= before.goroutines && now.files >= before.files
		before = now
		if !calm {
			return errors.New("not calm")
		}
		return nil
	})
	for range times {
		do()
	}
	// The pools keep up to so many idle connections, each with a goroutine and a few files.
	pool := 2 * w.store.SQL().Stats().MaxOpenConnections
	const noise = 8 << 20 // of the heap
	var after holdings
	eventually(w.t, 10*time.Second, func() error {
		after = w.holdings()
		switch {
		case after.goroutines > before.goroutines+pool:
			return fmt.Errorf("%d goroutines, before %d", after.goroutines, before.goroutines)
		case after.files > before.files+3*pool:
			return fmt.Errorf("%d open files, before %d", after.files, before.files)
		case after.connections > before.connections:
			return fmt.Errorf("%d database connections, before %d", after.connections, before.connections)
		case after.heap > before.heap+noise:
			return fmt.Errorf("%d kB of heap, before %d", after.heap>>10, before.heap>>10)
		}
		return nil
	})
	w.t.Logf("before %+v, after %d times %+v", before, times, after)
	if open := len(w.svc.Connections()); open > len(w.Snapshots()) {
		w.t.Errorf("%d sockets of %d devices", open, len(w.Snapshots()))
	}
}

// leftovers are the goroutines of the manager, the driver and the library that do
// not end within the limit.
func leftovers(limit time.Duration) (stacks []string) {
	timeout := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if stacks = running(); len(stacks) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout:
			return stacks
		}
	}
}

// running lists the goroutines of the manager, the driver and the library.
func running() (stacks []string) {
	buf := make([]byte, 8<<20)
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		ours := strings.Contains(stack, "go.mau.fi/whatsmeow") || strings.Contains(stack, "wadah/session.") ||
			strings.Contains(stack, "wadah/session/whatsapp.") || strings.Contains(stack, "wadah/models.")
		if ours && !strings.Contains(stack, "trial_test.") && !strings.Contains(stack, "session/sandbox.") {
			stacks = append(stacks, stack)
		}
	}
	return stacks
}
