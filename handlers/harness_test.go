package handlers_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wadah/handlers"
	"wadah/handlers/limit"
	"wadah/models"
	"wadah/models/postgres/pgtest"
	"wadah/session"
	"wadah/session/sessiontest"
	"wadah/session/webhook"
)

const password = "correct horse battery"

// env is a whole server on a real store and the in-memory driver.
type env struct {
	t       testing.TB
	store   *models.Store
	driver  *sessiontest.Driver // nil on another driver
	manager *session.Manager
	server  *handlers.Server
	hooks   *webhook.Engine // not running
	url     string
	logged  *logBuffer
	secrets []string // must never be logged
	broken  bool     // the test has closed the store's pool
	stopped *atomic.Pointer[time.Time]
	later   *atomic.Int64 // how far the clock of the store and of signing in is ahead, in nanoseconds
}

// logBuffer collects what is logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newEnv(t testing.TB, change ...func(*handlers.Config)) *env {
	t.Helper()
	return newEnvWith(t, func(*session.Config) {}, change...)
}

// newEnvWith is newEnv with other times of device life.
func newEnvWith(t testing.TB, lives func(*session.Config), change ...func(*handlers.Config)) *env {
	t.Helper()
	driver := sessiontest.New()
	e := newEnvOn(t, func(*models.Store) session.Driver { return driver }, lives, change...)
	e.driver = driver
	return e
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// newEnvOn is newEnvWith on another driver.
func newEnvOn(t testing.TB, open func(*models.Store) session.Driver, lives func(*session.Config), change ...func(*handlers.Config)) *env {
	t.Helper()
	logged := &logBuffer{}
	log := slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	later := new(atomic.Int64)
	stopped := new(atomic.Pointer[time.Time])
	now := func() time.Time {
		at := time.Now()
		if s := stopped.Load(); s != nil {
			at = *s
		}
		return at.Add(time.Duration(later.Load()))
	}
	store, err := models.Open(t.Context(), models.Options{
		Path: filepath.Join(t.TempDir(), "wadah.db"), URL: pgtest.InSoak(t), Key: bytes.Repeat([]byte{7}, 32), Log: log,
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	life := session.DefaultConfig()
	life.VersionEvery = 0 // tests say when
	lives(&life)
	manager := session.NewManager(store, open(store), life, log)
	if err := manager.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	hooks := webhook.New(store, webhook.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, log)
	cfg := handlers.Config{Version: "test", Now: now, Limits: limit.Default(), Hooks: hooks}
	for _, f := range change {
		f(&cfg)
	}
	server := handlers.New(cfg, store, manager, log)
	web := httptest.NewServer(describedHandler(t, server.Handler()))
	var e *env
	t.Cleanup(func() {
		defer func() { e.leaksNothing() }()
		server.Close()
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := manager.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := store.Close(); err != nil && !e.broken {
			t.Errorf("close store: %v", err)
		}
	})
	e = &env{t: t, store: store, manager: manager, server: server, hooks: hooks, url: web.URL, logged: logged, later: later, stopped: stopped}
	return e
}

// stopClock makes the clock of the store and of signing in stand, but for what is added to
// later: delays of seconds must not depend on how fast a test runs.
func (e *env) stopClock() {
	now := time.Now()
	e.stopped.Store(&now)
}

// device adds a device and returns its ID and key.
func (e *env) device(name string) (id, key string) {
	e.t.Helper()
	snap, apiKey, err := e.manager.AddDevice(e.t.Context(), name)
	if err != nil {
		e.t.Fatal(err)
	}
	e.secrets = append(e.secrets, apiKey.Value)
	return snap.ID, apiKey.Value
}

// leaksNothing fails when a secret of the test stands in the log: keys, passwords,
// login tokens, QR text, pairing codes, phone numbers.
func (e *env) leaksNothing() {
	e.t.Helper()
	text := e.logged.String()
	for _, secret := range append(e.secrets, password, "ABCD-EFGH", "linked_devices#", "data:image", "6281234567890", "81100000001") {
		if at := strings.Index(text, secret); at >= 0 {
			e.t.Errorf("a secret was logged: %.300s", text[max(0, at-200):])
		}
	}
}

// start turns a device on and waits until it is in the given state.
func (e *env) start(id string, want session.State) session.Snapshot {
	e.t.Helper()
	if _, err := e.manager.StartDevice(e.t.Context(), id); err != nil {
		e.t.Fatal(err)
	}
	return e.await(id, want)
}

func (e *env) await(id string, want session.State) session.Snapshot {
	e.t.Helper()
	changes, cancel := e.manager.Hub().Subscribe(100)
	defer cancel()
	late := time.After(10 * time.Second)
	for {
		snap, err := e.manager.Snapshot(id)
		if err != nil {
			e.t.Fatal(err)
		}
		if snap.State == want {
			return snap
		}
		select {
		case <-changes:
		case <-late:
			e.t.Fatalf("device is %s/%s, want %s", snap.State, snap.Reason, want)
		}
	}
}

// link scans the shown code and waits for the login.
func (e *env) link(id, jid string) session.Snapshot {
	e.t.Helper()
	conn := e.driver.Conn(id)
	if conn == nil {
		e.t.Fatal("device has no connection to link on")
	}
	if err := conn.Scan(session.Account{JID: jid, Name: "Budi", Platform: "android"}); err != nil {
		e.t.Fatal(err)
	}
	return e.await(id, session.StateConnected)
}

// logOutElsewhere links a device and unlinks it on the phone.
func (e *env) logOutElsewhere(id string) {
	e.t.Helper()
	e.start(id, session.StateScan)
	e.link(id, "6281"+id+":1@s.whatsapp.net")
	e.driver.Conn(id).Unlink()
	e.await(id, session.StateOff)
}

// assign lets a user see these devices and no others.
func (e *env) assign(u models.User, ids ...string) {
	e.t.Helper()
	if err := e.store.AssignDevices(e.t.Context(), u.ID, ids); err != nil {
		e.t.Fatal(err)
	}
}

// user makes a panel user.
func (e *env) user(name, role string) models.User {
	e.t.Helper()
	u, err := e.store.CreateUser(e.t.Context(), name, password, role)
	if err != nil {
		e.t.Fatal(err)
	}
	return u
}
