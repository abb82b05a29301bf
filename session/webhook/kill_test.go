package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session/webhook"
)

// senderOf names the database of a process that does nothing but send.
const senderOf, senderAt = "WADAH_TEST_SENDER", "WADAH_TEST_SENDER_DATABASE"

func TestMain(m *testing.M) {
	path := os.Getenv(senderOf)
	if path == "" {
		os.Exit(pgtest.Main(m))
	}
	ctx := context.Background()
	s, err := models.Open(ctx, models.Options{Path: path, URL: os.Getenv(senderAt), Key: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	webhook.New(s, loopback, slog.New(slog.DiscardHandler)).Run(ctx)
}

// sender starts such a process.
func (r *rig) sender() *exec.Cmd {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), senderOf+"="+r.path, senderAt+"="+r.url), os.Stderr
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	return cmd
}

// TestKill kills the program again and again while it sends 2,000 events, in a soak run
// 10,000: every event arrives, each time under its own ID, and for the first time in the
// order of its chat. What arrives twice is what was not noted yet when it was killed.
func TestKill(t *testing.T) {
	const chats, kills = 50, 8
	each := 40
	if os.Getenv("WADAH_SOAK") != "" {
		each = 200
	}
	r := newRig(t)
	var requests atomic.Int64
	url, got := receiver(t, func(delivery) int { requests.Add(1); return http.StatusOK })
	r.endpoint(url)
	var list []spoken
	for i := range each {
		for chat := range chats {
			list = append(list, spoken{fmt.Sprint(chat), fmt.Sprintf("%d %d", chat, i)})
		}
	}
	r.sayAll(list)
	ids, next := map[string]string{}, make([]int, chats)
	for len(ids) < chats*each {
		cmd := r.sender()
		for fresh := 0; fresh < chats*each/kills && len(ids) < chats*each; {
			d := nextDelivery(t, got)
			id := d.header.Get("Webhook-Id")
			if before, seen := ids[d.words]; seen {
				if id != before {
					t.Errorf("%s came under two IDs", d.words)
				}
				continue
			}
			var chat, i int
			if _, err := fmt.Sscan(d.words, &chat, &i); err != nil {
				t.Fatal(err)
			}
			if i != next[chat] {
				t.Errorf("chat %d: event %d came before %d", chat, i, next[chat])
			}
			next[chat]++
			fresh++
			ids[d.words] = id
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // says that it was killed
	}
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if len(distinct) != chats*each {
		t.Errorf("%d IDs for %d events", len(distinct), chats*each)
	}
	t.Logf("%d events in %d requests", len(ids), requests.Load())
}
