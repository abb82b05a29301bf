package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMetrics asks a server for its numbers: only with the token, without any name or number
// of people in them, and true of what has happened.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("rahasia\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := w.serve("--metrics-listen", address, "--metrics-token-file", token, "--metrics-per-device")
	scrape := func(bearer string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	for _, wrong := range []string{"", "salah"} {
		if status, body := scrape(wrong); status != http.StatusUnauthorized || strings.Contains(body, "wadah_") {
			t.Errorf("with %q: %d %s", wrong, status, body)
		}
	}
	key, phone, friend := w.addDevice("Toko Rahasia"), w.newPhone(), w.newPhone()
	if err := w.link(server, key, phone); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	w.control("send", map[string]any{"phone": friend, "to": phone, "text": "halo"})
	within(t, time.Minute, func() error {
		_, body := scrape("rahasia")
		for _, line := range []string{
			`wadah_devices{reason="ready",state="CONNECTED"} 1`, `wadah_messages_total{direction="in",kind="text"} 1`, "wadah_device_connected{device=",
			"wadah_commit_seconds_count ", "wadah_storage_errors_total 0", "wadah_oldest_queued_seconds 0", "wadah_webhook_waiting 0",
			`wadah_webhook_attempts_total{result="delivered"} 0`, "process_resident_memory_bytes", "go_goroutines",
		} {
			if !strings.Contains(body, line) {
				return fmt.Errorf("there is no %s in %s", line, body)
			}
		}
		for _, secret := range []string{"Toko", phone, friend, key} {
			if strings.Contains(body, secret) {
				t.Errorf("the metrics tell %s", secret)
			}
		}
		return nil
	})
	server.stop()
}
