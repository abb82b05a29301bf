package eventlog_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session/eventlog"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t *testing.T) (*models.Store, *eventlog.Log, string) {
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
	d, _, err := s.CreateDevice(t.Context(), "Toko")
	if err != nil {
		t.Fatal(err)
	}
	return s, eventlog.New(s), d.ID
}

// happen stores an event of a kind that means nothing here.
func happen(t *testing.T, s *models.Store, device, body string) {
	t.Helper()
	_, err := s.Accept(t.Context(), []models.Arrival{{
		DeviceID: device, Account: "62811", At: time.Now(), Event: &models.NewEvent{Type: "state", Body: []byte(body)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// Ensure that a reader that waits is woken by the event, and gets it.
func TestAfterWaits(t *testing.T) {
	s, log, device := open(t)
	type answer struct {
		events []eventlog.Event
		err    error
	}
	got := make(chan answer)
	go func() {
		events, err := log.After(t.Context(), device, 0, 10, time.Minute)
		got <- answer{events, err}
	}()
	happen(t, s, device, `{"to":"CONNECTED"}`)
	a := <-got
	if a.err != nil || len(a.events) != 1 || a.events[0].Seq != 1 || a.events[0].Type != "state" {
		t.Fatalf("got %+v", a)
	}
	line, err := json.Marshal(a.events[0])
	if err != nil || !bytes.Contains(line, []byte(`"data":{"to":"CONNECTED"}`)) {
		t.Errorf("as JSON: %s (%v)", line, err)
	}
}

// Ensure that a reader goes on where it left off, and learns when it cannot.
func TestAfterPositions(t *testing.T) {
	s, log, device := open(t)
	for range 5 {
		happen(t, s, device, `{}`)
	}
	for after, want := range map[int64]int{0: 3, 2: 3, 4: 1, 5: 0} {
		events, err := log.After(t.Context(), device, after, 3, 0)
		if err != nil || len(events) != want {
			t.Errorf("after %d: %d events, want %d (%v)", after, len(events), want, err)
		}
	}
	var gone *eventlog.GoneError
	if _, err := log.After(t.Context(), device, 6, 3, 0); !errors.As(err, &gone) || gone.First != 1 {
		t.Errorf("a number that was never given: %v", err)
	}
	if last, err := log.Last(t.Context(), device); last != 5 || err != nil {
		t.Errorf("last %d (%v)", last, err)
	}
}
