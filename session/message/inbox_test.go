package message_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session/message"
)

const account = "6281200000001"

var (
	budi   = message.Party{LID: "111111111111111@lid", PN: "6281311112222@s.whatsapp.net"}
	atNoon = time.Date(2026, 8, 17, 12, 0, 0, 0, time.UTC)
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t *testing.T) *models.Store {
	t.Helper()
	s, err := models.Open(t.Context(), models.Options{
		Path: filepath.Join(t.TempDir(), models.DatabaseFile), URL: pgtest.InSoak(t), Key: bytes.Repeat([]byte{7}, 32),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func device(t *testing.T, s *models.Store, name string) string {
	t.Helper()
	d, _, err := s.CreateDevice(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return d.ID
}

// run starts a writer that ends with the test.
func run(t *testing.T, s *models.Store) *message.Inbox {
	t.Helper()
	inbox := message.NewInbox(s, slog.New(slog.DiscardHandler))
	var done sync.WaitGroup
	done.Go(func() { inbox.Run(t.Context()) })
	t.Cleanup(done.Wait)
	return inbox
}

func words(id, text string) message.Message {
	return message.Message{
		Envelope: message.Envelope{ID: id, Chat: message.ChatWith(budi), Sender: budi, At: atNoon, PushName: "Budi"},
		Content:  message.Content{Kind: message.KindText, Text: text},
	}
}

// Ensure that what many devices bring at once is stored whole, for each in its order.
func TestInboxKeepsOrder(t *testing.T) {
	s := open(t)
	inbox := run(t, s)
	const devices, each = 8, 40
	var all sync.WaitGroup
	ids := make([]string, devices)
	for i := range ids {
		ids[i] = device(t, s, fmt.Sprint("Toko ", i))
		all.Go(func() {
			for n := range each {
				if _, err := inbox.Accept(ids[i], account, words(fmt.Sprint("A", n), fmt.Sprint(n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		events, err := s.EventsAfter(t.Context(), id, 0, 500)
		if err != nil || len(events) != each {
			t.Fatalf("%d events, want %d (%v)", len(events), each, err)
		}
		for n, e := range events {
			if want := fmt.Sprintf(`"text":"%d"`, n); e.Seq != int64(n+1) || !bytes.Contains(e.Body, []byte(want)) {
				t.Fatalf("event %d is %d %s", n+1, e.Seq, e.Body)
			}
		}
	}
}

// Ensure that one arrival that cannot be stored is refused alone.
func TestInboxRefusesOne(t *testing.T) {
	s := open(t)
	id, inbox := device(t, s, "Toko"), run(t, s)
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if _, err := inbox.Accept(id, account, words(fmt.Sprint("A", n), "ada")); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := inbox.Accept("no-such-device", account, words(fmt.Sprint("B", n), "tidak")); err == nil {
				t.Error("a message of a device that is gone was accepted")
			}
		})
	}
	all.Wait()
	list, err := s.Messages(t.Context(), models.MessageFilter{DeviceID: id})
	if err != nil || len(list) != 20 {
		t.Errorf("%d messages, want 20 (%v)", len(list), err)
	}
}

// Ensure that nobody waits for a writer that has ended.
func TestInboxEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := message.NewInbox(nil, slog.New(slog.DiscardHandler))
		result := make(chan error)
		go func() {
			_, err := inbox.Accept("d", account, words("A1", "halo"))
			result <- err
		}()
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		inbox.Run(ended)
		if err := <-result; !errors.Is(err, message.ErrClosed) {
			t.Errorf("got %v", err)
		}
		if _, err := inbox.Accept("d", account, words("A2", "halo")); !errors.Is(err, message.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
