package session_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"wadah/models"
	"wadah/session"
	"wadah/session/sessiontest"
)

// fleet is a manager on a real database and the in-memory driver, inside a bubble
// of fake time.
type fleet struct {
	t      *testing.T
	dir    string
	store  *models.Store
	driver *sessiontest.Driver
	uptime func() time.Duration // nil: the system's
	*session.Manager
}

const (
	alice = "6281234567890:3@s.whatsapp.net"
	bob   = "6289876543210:1@s.whatsapp.net"
)

// inBubble runs f with a started fleet, and shuts it down after.
func inBubble(t *testing.T, f func(t *testing.T, w *fleet)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &fleet{t: t, dir: dir, driver: sessiontest.New()}
		w.open(session.DefaultConfig())
		defer w.close()
		f(t, w)
	})
}

func (w *fleet) open(cfg session.Config) {
	w.t.Helper()
	store, err := models.Open(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = store
	cfg.NotesDir = w.dir
	w.Manager = session.NewManager(store, w.driver, cfg, slog.New(slog.DiscardHandler))
	if w.uptime != nil {
		w.SetUptime(w.uptime)
	}
	if err := w.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *fleet) options() models.Options {
	return models.Options{Path: filepath.Join(w.dir, "wadah.db"), Key: make([]byte, 32)}
}

func (w *fleet) close() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.Shutdown(ctx); err != nil {
		w.t.Errorf("shutdown: %v", err)
	}
	if err := w.store.Close(); err != nil {
		w.t.Errorf("close store: %v", err)
	}
}

// reopen is a restart of the program on the same data and the same WhatsApp.
func (w *fleet) reopen() {
	w.t.Helper()
	w.close()
	w.open(session.DefaultConfig())
}

func (w *fleet) add(name string) string {
	w.t.Helper()
	s, _, err := w.AddDevice(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

func (w *fleet) start(id string) {
	w.t.Helper()
	if _, err := w.StartDevice(w.t.Context(), id); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// linked adds a device and links it to jid by a scan.
func (w *fleet) linked(name, jid string) string {
	w.t.Helper()
	id := w.add(name)
	w.start(id)
	if err := w.conn(id).Scan(session.Account{JID: jid, Name: "Toko " + name, Platform: "android"}); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
	w.want(id, "CONNECTED/ready")
	return id
}

// conn is the device's one open connection.
func (w *fleet) conn(id string) *sessiontest.Conn {
	w.t.Helper()
	c := w.driver.Conn(id)
	if c == nil {
		w.t.Fatalf("device has %d open connections, want 1 (state %s)", len(w.driver.Conns(id)), w.state(id))
	}
	return c
}

func (w *fleet) snap(id string) session.Snapshot {
	w.t.Helper()
	s, err := w.Snapshot(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *fleet) state(id string) string {
	s := w.snap(id)
	return string(s.State) + "/" + string(s.Reason)
}

func (w *fleet) want(id, state string) {
	w.t.Helper()
	if got := w.state(id); got != state {
		w.t.Fatalf("got state %s, want %s", got, state)
	}
}

// settle lets everything happen that is due at once, the governor's pause between
// two dials included.
func (w *fleet) settle() { w.pass(50 * time.Millisecond) }

// pass lets fake time go by, and everything settle.
func (w *fleet) pass(d time.Duration) {
	w.t.Helper()
	time.Sleep(d)
	synctest.Wait()
}

// story is the timeline, oldest first, as from>to/reason.
func (w *fleet) story(id string) []string {
	w.t.Helper()
	rows, err := w.Events(w.t.Context(), id, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	out := make([]string, 0, len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		out = append(out, rows[i].To+"/"+rows[i].Reason)
	}
	return out
}

// slumber is fake time going by for what a test plays: a slow WhatsApp, a slow disk.
func slumber(d time.Duration) { time.Sleep(d) }
