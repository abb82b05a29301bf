package models_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/postgres/pgtest"
)

// goodPassword passes every check.
const goodPassword = "kuda-laut biru 42"

func testKey() []byte { return bytes.Repeat([]byte{7}, 32) }

// clock is a clock that goes when it is told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock {
	return &clock{t: time.Date(2026, 8, 17, 10, 0, 0, 0, time.FixedZone("WIB", 7*3600))}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// fixture is a store in a folder of its own, with a clock.
type fixture struct {
	*models.Store
	tb    testing.TB
	path  string
	url   string // of a PostgreSQL database; "" for SQLite at path
	clock *clock
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	f := &fixture{tb: tb, path: filepath.Join(tb.TempDir(), models.DatabaseFile), clock: newClock()}
	if onPostgres {
		f.url = pgtest.URL(tb)
	}
	f.Store = f.open()
	return f
}

// open opens another store on the same file, as another process would.
func (f *fixture) open() *models.Store {
	f.tb.Helper()
	s, err := models.Open(f.tb.Context(), models.Options{Path: f.path, URL: f.url, Key: testKey(), Now: f.clock.Now})
	if err != nil {
		f.tb.Fatal(err)
	}
	f.tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.tb.Error(err)
		}
	})
	return s
}

func (f *fixture) device(name string) (models.Device, models.APIKey) {
	f.tb.Helper()
	d, k, err := f.CreateDevice(f.tb.Context(), name)
	if err != nil {
		f.tb.Fatal(err)
	}
	return d, k
}

func (f *fixture) user(name, role string) models.User {
	f.tb.Helper()
	u, err := f.CreateUser(f.tb.Context(), name, goodPassword, role)
	if err != nil {
		f.tb.Fatal(err)
	}
	return u
}

// reload reads a device again.
func (f *fixture) reload(id string) models.Device {
	f.tb.Helper()
	d, err := f.Device(f.tb.Context(), id)
	if err != nil {
		f.tb.Fatal(err)
	}
	return d
}

// must fails the test on an error.
func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// Ensure that what is logged about a slow statement has no values in it.
func TestSlowQueriesAreLoggedWithoutValues(t *testing.T) {
	var out bytes.Buffer
	path := filepath.Join(t.TempDir(), models.DatabaseFile)
	s, err := models.Open(t.Context(), models.Options{
		Path: path, Key: testKey(), Log: slog.New(slog.NewTextHandler(&out, nil)),
	})
	must(t, err)
	defer s.Close()

	// Another process holds the write lock for a while.
	other, err := sql.Open("sqlite", path)
	must(t, err)
	other.SetMaxOpenConns(1)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)
	released := make(chan error, 1)
	time.AfterFunc(300*time.Millisecond, func() {
		_, err := other.ExecContext(t.Context(), "ROLLBACK")
		released <- errors.Join(err, other.Close())
	})
	must(t, s.SetSetting(t.Context(), "name", "the-hidden-value"))
	must(t, <-released)

	if got := out.String(); !bytes.Contains(out.Bytes(), []byte("slow query")) || !bytes.Contains(out.Bytes(), []byte("settings")) {
		t.Errorf("no line about the slow statement in %q", got)
	}
	if bytes.Contains(out.Bytes(), []byte("the-hidden-value")) {
		t.Errorf("the value is in the log: %q", out.String())
	}
}

// contextEnded is a context that is over.
func contextEnded(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

// inClear says where in the database a text stands; "" for nowhere.
func (f *fixture) inClear(text string) string {
	f.tb.Helper()
	if f.url == "" {
		for _, suffix := range []string{"", "-wal"} {
			if b, err := os.ReadFile(f.path + suffix); err != nil || strings.Contains(string(b), text) {
				return fmt.Sprintf("the file %q (%v)", suffix, err)
			}
		}
		return ""
	}
	sizes, err := f.Sizes(f.tb.Context())
	if err != nil {
		f.tb.Fatal(err)
	}
	for table := range sizes.Rows {
		var n int
		// Bytes are shown in hexadecimal.
		err := f.SQL().QueryRowContext(f.tb.Context(), "SELECT count(*) FROM "+table+" t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || $2 || '%'",
			text, hex.EncodeToString([]byte(text))).Scan(&n)
		if err != nil || n > 0 {
			return fmt.Sprintf("the table %s (%v)", table, err)
		}
	}
	return ""
}
