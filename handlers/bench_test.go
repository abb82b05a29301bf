package handlers_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/handlers/limit"
	"wadah/session"
)

// BenchmarkCalls measures the calls clients poll against a bare net/http handler that
// writes the same bytes, over the same kind of connections.
//
// The limits are in force, too high to be met: what they cost is measured, not what they
// refuse.
func BenchmarkCalls(b *testing.B) {
	e := newEnv(b, benchLimits)
	id, key := e.device("Kasir")
	e.start(id, session.StateScan)
	for _, call := range []string{"getState", "getQR"} {
		path := "/api/" + call + "?apiKey=" + key
		same := []byte(e.get(path).body)
		bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", strconv.Itoa(len(same)))
			_, _ = w.Write(same)
		}))
		b.Cleanup(bare.Close)
		b.Run(call+"/bare", func(b *testing.B) { hammer(b, bare.URL+path) })
		b.Run(call+"/wadah", func(b *testing.B) { hammer(b, e.url+path) })
	}
}

// benchLimits limits nobody, in the usual way.
func benchLimits(c *handlers.Config) {
	c.Limits.Pace = limit.Pace{KeyRate: 1e6, KeyBurst: 1e6, AddressRate: 1e6, AddressBurst: 1e6}
	c.Limits.Room = limit.Room{}
}

// hammer sends b.N raw requests over a few connections; a raw client costs little, so
// that the server is what is measured.
func hammer(b *testing.B, address string) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	request := []byte("GET " + r.URL.RequestURI() + " HTTP/1.1\r\nHost: " + r.URL.Host + "\r\n\r\n")
	size := measure(b, r.URL.Host, request)
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", r.URL.Host)
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		buf := make([]byte, size)
		for pb.Next() {
			if _, err := conn.Write(request); err != nil {
				b.Error(err)
				return
			}
			if _, err := io.ReadFull(conn, buf); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// measure is how long an answer is in bytes, head included; the Date header does not
// change its length.
func measure(b *testing.B, host string, request []byte) int {
	b.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	last := slices.Concat(request[:len(request)-2], []byte("Connection: close\r\n\r\n"))
	if _, err := conn.Write(last); err != nil {
		b.Fatal(err)
	}
	whole, err := io.ReadAll(conn)
	if err != nil || string(whole[9:12]) != "200" {
		b.Fatalf("%v %.100s", err, whole)
	}
	return len(whole) - len("Connection: close\r\n")
}

// BenchmarkStreams measures how long an event takes to reach every one of many
// watching pages.
func BenchmarkStreams(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { measureStreams(b, n) })
	}
}

func measureStreams(b *testing.B, n int) {
	b.Helper()
	e := newEnv(b, benchLimits)
	id, _ := e.device("Kasir")
	client := e.admin().client
	e.start(id, session.StateScan)
	e.link(id, "6281234567890:1@s.whatsapp.net")
	var arrived, ready sync.WaitGroup
	ready.Add(n)
	for range n {
		res, err := client.Do(e.request(http.MethodGet, "/events?device="+id, nil))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { res.Body.Close() })
		go func() {
			in, frames := bufio.NewReaderSize(res.Body, 64<<10), 0
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) > 1 {
					continue
				}
				switch frames++; {
				case frames == 3: // the time, the state and the timeline at the start
					ready.Done()
				case frames > 3:
					arrived.Done()
				}
			}
		}()
	}
	ready.Wait()
	var worst time.Duration
	names := []string{"A", "B"}
	b.ResetTimer()
	for i := range b.N {
		arrived.Add(n)
		began := time.Now()
		// A new name is one frame to every page of the device.
		if _, err := e.manager.RenameDevice(b.Context(), id, names[i%2]); err != nil {
			b.Fatal(err)
		}
		arrived.Wait()
		worst = max(worst, time.Since(began))
	}
	b.ReportMetric(float64(worst)/float64(time.Millisecond), "ms-worst")
}
