package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// WhatsApp stops answering, and the connection stays open. With the real program and
// the library's own figures the device says so within 45 s and is healed within 75 s.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	key, phone := w.addDevice("Kasir"), w.newPhone()
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	w.control("fault", map[string]any{"target": phone, "kind": "silence"})
	silent := time.Now()
	server.within(key, silent.Add(45*time.Second), "PAIRING", "reconnecting")
	server.within(key, silent.Add(75*time.Second), "CONNECTED", "ready")
	if open := w.online(phone); open != 1 {
		t.Errorf("%d connections of the device, want 1: the silent one was not closed", open)
	}
	server.stop()
}

// within waits until a device is in a state, or the deadline has passed.
func (i *installation) within(key string, deadline time.Time, state, reason string) {
	i.t.Helper()
	eventually(i.t, func() error {
		err := i.isNow(key, state, reason)
		if err != nil && time.Now().After(deadline) {
			i.t.Fatalf("too late: %v", err)
		}
		return err
	})
}

// online counts the open connections of a phone's devices.
func (w *world) online(phone string) (n int) {
	w.t.Helper()
	status, body, err := request(w.t.Context(), http.MethodGet, w.Control+"connections", "", "")
	if err != nil || status != http.StatusOK {
		w.t.Fatal(fmt.Errorf("connections: %d %w", status, err))
	}
	for _, c := range decode[[]struct {
		JID string `json:"jid"`
	}](w.t, body) {
		if len(c.JID) > len(phone) && c.JID[:len(phone)] == phone {
			n++
		}
	}
	return n
}
