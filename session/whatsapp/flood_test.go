package whatsapp_test

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"sync"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/message"
	"wadah/session/sandbox/handset"
)

const sari = "6289876543210"

// flooded links a device, and has somebody write so many messages to it while it is away.
func (r *rig) flooded(messages int) (jid string, sent []string) {
	r.t.Helper()
	jid = r.link()
	if _, err := r.svc.AddPhone(sari, "Sari"); err != nil {
		r.t.Fatal(err)
	}
	from, err := r.svc.Phone(sari)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range messages {
		m, err := from.Write(r.t.Context(), number, handset.Draft{Text: strconv.Itoa(i)})
		if err != nil {
			r.t.Fatal(err)
		}
		sent = append(sent, m.ID)
	}
	return jid, sent
}

// A flood meets an owner who stores nothing for a while, and then slowly: what the library
// receives stays bounded, the rest waits at WhatsApp, nothing loses its place, and the
// connection is not taken for silent. 20,000 messages in a soak run.
func TestFlood(t *testing.T) {
	messages := 4000 // twice the library's queue
	if os.Getenv("WADAH_SOAK") != "" {
		messages = 20_000
	}
	r := newRig(t)
	jid, sent := r.flooded(messages)

	w := newWitness(t)
	on := w.handler()
	release := make(chan struct{})
	letGo := sync.OnceFunc(func() { close(release) })
	defer letGo()
	var mu sync.Mutex
	var got []string
	on.Accept = func(in message.Incoming) error {
		<-release
		if m, is := in.(message.Message); is {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m.ID)
		}
		return nil
	}
	heap, goroutines := liveHeap(), runtime.NumGoroutine()
	conn, err := r.drv.Dial(t.Context(), session.Target{DeviceID: "dev", JID: jid}, on)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()

	await[session.SignalOnline](w)
	r.settled()
	grown := liveHeap() - heap
	t.Logf("%d kB of heap more while %d messages wait", grown>>10, messages)
	if grown > 16<<20 {
		t.Error("what waits is kept in our memory")
	}
	if more := runtime.NumGoroutine() - goroutines; more > 100 {
		t.Errorf("%d goroutines more: the library's queue has overflown", more)
	}
	for len(w.signals) > 0 {
		t.Errorf("unexpected signal %+v", <-w.signals)
	}
	letGo()
	r.drained()
	mu.Lock()
	defer mu.Unlock()
	for i, id := range sent {
		if i >= len(got) || got[i] != id {
			t.Fatalf("message %d of %d is not in its place; %d came", i, messages, len(got))
		}
	}
	w.nothingMore()
}

// settled waits until nothing more is handed over.
func (r *rig) settled() {
	r.t.Helper()
	deliveries := int64(-1)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for range 100 {
		<-tick.C
		now := r.svc.Stats().Routing.Deliveries
		if now == deliveries {
			return
		}
		deliveries = now
	}
	r.t.Fatal("stanzas are handed over without end")
}

// drained waits until all is acknowledged, as long as there is progress.
func (r *rig) drained() {
	r.t.Helper()
	for waiting := -1; waiting != 0; {
		before := waiting
		eventually(r.t, "more is acknowledged", func() bool {
			waiting = r.svc.Stats().Routing.Waiting
			return waiting == 0 || waiting != before
		})
	}
}

// liveHeap is what the last collection has found to be in use.
func liveHeap() int64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
