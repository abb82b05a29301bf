//go:build !race

package trial_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"wadah/session"
)

// A fleet on a mobile line in the countryside, where every answer takes three seconds:
// all are connected as soon as the answers can have come.
func TestSlowLine(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.close()
	f.url = slowLine(t, f.svc.URL(), 1500*time.Millisecond)
	f.cfg.DialsPerSecond = session.DefaultConfig().DialsPerSecond
	f.open()
	began := time.Now()
	f.begin()
	f.allAre(20*time.Second, session.StateConnected)
	t.Logf("%d devices are back after %v", len(f.ids), time.Since(began))
	for _, id := range f.ids {
		if told := f.story(id); told[len(told)-2] != "PAIRING/restoring" {
			t.Errorf("it took more than one try: %v", told)
		}
	}
	f.close()
}

// slowLine is a way to the service at address on which every byte takes so long.
func slowLine(t *testing.T, address string, oneWay time.Duration) string {
	t.Helper()
	to, err := url.Parse(address)
	must(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	service := to.Host
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", service)
			if err != nil {
				_ = near.Close()
				continue
			}
			all.Go(func() { carry(near, far, oneWay) })
			all.Go(func() { carry(far, near, oneWay) })
		}
	})
	to.Host = listener.Addr().String()
	return to.String()
}

// carry brings what from sends to to, in order and late, and then the end.
func carry(from, to net.Conn, late time.Duration) {
	type parcel struct {
		data []byte
		due  time.Time
	}
	way := make(chan parcel, 1024)
	go func() {
		defer close(way)
		for {
			buf := make([]byte, 16<<10)
			n, err := from.Read(buf)
			if n > 0 {
				way <- parcel{buf[:n], time.Now().Add(late)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	_ = to.Close()
	_, _ = io.Copy(io.Discard, from) // until its end, so that the reader above is let go
	for range way {
	}
}
