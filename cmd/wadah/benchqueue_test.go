package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"wadah/models"
	"wadah/session"
	"wadah/session/message"
	"wadah/session/sessiontest"
)

// benchQueue compares what a message of a long queue costs with one of a short queue: our
// own work alone, as the in-memory driver acknowledges at once. Ten devices send together,
// since no more than 10,000 may wait in one lane.
func benchQueue(b *testing.B, r *report) {
	const devices = 10
	cost := r.row("a message of a queue of 100,000, beside one of 100", "µs").ratioAtMost(1.2)
	q := newQueue(b, devices)
	q.send(100) // who sends for the first time has more to do
	for range *rounds {
		short := time.Duration(0)
		for range 10 {
			short += q.send(100) / 10
		}
		cost.add(q.send(100_000).Seconds()*1e6, short.Seconds()*1e6)
	}
}

// queue is devices that have messages waiting.
type queue struct {
	*session.Manager
	b      *testing.B
	driver *sessiontest.Driver
	ids    []string
}

func newQueue(b *testing.B, devices int) *queue {
	b.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil)) //nolint:sloglint // formats as serve does, and writes nowhere
	store, err := models.Open(b.Context(), models.Options{Path: filepath.Join(b.TempDir(), models.DatabaseFile), Key: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		b.Fatal(err)
	}
	q := &queue{b: b, driver: sessiontest.New()}
	limits := session.DefaultConfig()
	limits.Pace.PerMinute = 0
	q.Manager = session.NewManager(store, q.driver, limits, log)
	if err := q.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := stopManager(b.Context(), q.Manager); err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	for n := range devices {
		snap, _, err := q.AddDevice(b.Context(), fmt.Sprint("Toko ", n))
		if err != nil {
			b.Fatal(err)
		}
		q.ids = append(q.ids, snap.ID)
		q.turn(snap.ID, true, session.StateScan)
		if err := q.driver.Conn(snap.ID).Scan(session.Account{JID: fmt.Sprintf("62812000000%02d:1@s.whatsapp.net", n)}); err != nil {
			b.Fatal(err)
		}
		q.is(snap.ID, session.StateConnected)
	}
	return q
}

// turn turns a device on or off and waits for a state.
func (q *queue) turn(id string, on bool, state session.State) {
	q.b.Helper()
	do := q.StopDevice
	if on {
		do = q.StartDevice
	}
	if _, err := do(q.b.Context(), id); err != nil {
		q.b.Fatal(err)
	}
	q.is(id, state)
}

func (q *queue) is(id string, state session.State) {
	q.b.Helper()
	changes, cancel := q.Hub().Subscribe(1000)
	defer cancel()
	late := time.After(patience)
	for {
		snap, err := q.Snapshot(id)
		if err != nil {
			q.b.Fatal(err)
		}
		if snap.State == state {
			return
		}
		select {
		case <-changes:
		case <-late:
			q.b.Fatalf("a device is %s", snap.State)
		}
	}
}

// send has messages wait while the devices are off, and returns the time from one to the
// next when they are on.
func (q *queue) send(messages int) time.Duration {
	q.b.Helper()
	for _, id := range q.ids {
		q.turn(id, false, session.StateOff)
	}
	var handing sync.WaitGroup
	for _, id := range q.ids {
		handing.Go(func() {
			for n := range messages / len(q.ids) {
				_, err := q.Outbox().Submit(q.b.Context(), message.Request{
					DeviceID: id, Source: message.SourceAPI, Queue: true,
					Out: message.Outgoing{To: message.ChatAt("6281355555555@s.whatsapp.net"), Content: message.Content{Kind: message.KindText, Text: fmt.Sprint(n)}},
				})
				if err != nil {
					q.b.Error(err)
					return
				}
			}
		})
	}
	handing.Wait()
	var lock sync.Mutex
	var first time.Time
	sent, over := 0, make(chan time.Duration, 1)
	q.driver.SetOnSend(func(string, message.Ready) (message.Ack, error) {
		lock.Lock()
		defer lock.Unlock()
		now := time.Now()
		if sent++; sent == 1 {
			first = now
		}
		if sent == messages {
			over <- now.Sub(first) / time.Duration(messages-1)
		}
		return message.Ack{At: now}, nil
	})
	for _, id := range q.ids {
		q.turn(id, true, session.StateConnected)
	}
	select {
	case each := <-over:
		return each
	case <-time.After(10 * time.Minute):
		q.b.Fatalf("%d of %d were sent", sent, messages)
		return 0
	}
}
