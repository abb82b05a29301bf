//go:build !race

package trial_test

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"wadah/session/sandbox/handset"
)

// sari is somebody who writes to the devices of the other phone.
const sari = "6289876543210"

// writer adds the phone of somebody who writes to the devices of phone.
func (w *world) writer() *handset.Phone {
	w.t.Helper()
	_, err := w.svc.AddPhone(sari, "Sari")
	must(w.t, err)
	p, err := w.svc.Phone(sari)
	must(w.t, err)
	return p
}

// write sends a text to phone and returns its id.
func (w *world) write(from *handset.Phone, text string) (id string) {
	w.t.Helper()
	sent, err := from.Write(context.Background(), phone, handset.Draft{Text: text})
	must(w.t, err)
	return sent.ID
}

// received are the ids of the messages in the event log of a device, in its order.
func (w *world) received(id string) (ids []string) {
	w.t.Helper()
	for after := int64(0); ; {
		events, err := w.store.EventsAfter(context.Background(), id, after, 1000)
		must(w.t, err)
		if len(events) == 0 {
			return ids
		}
		for _, e := range events {
			after = e.Seq
			if e.Type == "message" {
				ids = append(ids, e.WAID)
			}
		}
	}
}

// A flood of messages that waited while the device was off: they come in their order, and
// what waits, waits at WhatsApp and not in our memory.
func TestFlood(t *testing.T) {
	const messages = 20_000
	w := newWorld(t)
	id, from := w.linked("Toko", phone), w.writer()
	w.stop(id)
	sent := make([]string, messages)
	for i := range sent {
		sent[i] = w.write(from, strconv.Itoa(i))
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	before, most, goroutines := memory.HeapAlloc, uint64(0), 0
	began := time.Now()
	w.start(id)
	eventually(t, 5*time.Minute, func() error {
		runtime.ReadMemStats(&memory)
		most, goroutines = max(most, memory.HeapAlloc), max(goroutines, runtime.NumGoroutine())
		if waiting := w.svc.Stats().Routing.Waiting; waiting > 0 {
			return fmt.Errorf("%d stanzas are not acknowledged", waiting)
		}
		return nil
	})
	t.Logf("%d messages in %v, at most %d kB of heap more than the %d before, %d goroutines",
		messages, time.Since(began).Round(time.Millisecond), (most-min(before, most))>>10, before>>10, goroutines)
	got := w.received(id)
	for i := range sent {
		if i >= len(got) || got[i] != sent[i] {
			t.Fatalf("message %d of %d is not in its place; %d were received", i, messages, len(got))
		}
	}
	if len(got) != messages {
		t.Errorf("%d messages received, want %d", len(got), messages)
	}
}
