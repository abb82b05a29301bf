package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"wadah/models"
	"wadah/models/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func options(url string) models.Options {
	return models.Options{URL: url, Key: bytes.Repeat([]byte{7}, 32)}
}

func open(t *testing.T, url string) *models.Store {
	t.Helper()
	s, err := models.Open(t.Context(), options(url))
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

// until waits for a condition of another process.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-limit.C:
			t.Fatalf("not within 30 s: %s", what)
		case <-tick.C:
		}
	}
}

// Ensure that each thing that keeps a database from being used has its sentence, and that
// none repeats the password.
func TestRefusals(t *testing.T) {
	s := pgtest.Start(t)
	ours := s.Database(t)
	open(t, ours)
	s.Exec(t, "postgres", "CREATE ROLE kasir LOGIN PASSWORD 'betul'")
	s.Exec(t, "postgres", "CREATE ROLE pembaca LOGIN PASSWORD 'betul'")
	s.Exec(t, "postgres", "ALTER ROLE pembaca SET default_transaction_read_only = on")
	s.Exec(t, "postgres", "CREATE DATABASE lain")
	s.Exec(t, "lain", "CREATE TABLE burung (nama text)")
	s.Exec(t, "postgres", "CREATE DATABASE baru")
	s.Exec(t, "postgres", "CREATE DATABASE terbatas")
	s.Exec(t, "postgres", "CREATE ROLE ramai LOGIN PASSWORD 'betul' CONNECTION LIMIT 0")
	// As an older server does: its function is found before the one of PostgreSQL.
	s.Exec(t, "postgres", "CREATE DATABASE lama")
	s.Exec(t, "lama", "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '140012' $$")
	s.Exec(t, "lama", "ALTER DATABASE lama SET search_path = public, pg_catalog")
	tests := []struct {
		name, url, says string
		kind            error
	}{
		{"no URL", "wadah.db", "must begin with postgres://", models.ErrStorage},
		{"not readable", "postgres://kasir:rahasia@[::1/wadah", "cannot be read", models.ErrStorage},
		{"nobody there", "postgres://kasir:rahasia@127.0.0.1:1/wadah", "cannot be reached", models.ErrStorage},
		{"wrong password", s.URL("kasir", "rahasia", "baru"), "check user and password", models.ErrStorage},
		{"no such user", s.URL("siapa", "rahasia", "baru"), "check user and password", models.ErrStorage},
		{"no such database", s.URL(pgtest.User, "", "tiada"), "no such database", models.ErrStorage},
		{"read-only", s.URL("pembaca", "betul", "baru"), "takes no writes", models.ErrStorage},
		{"no rights", s.URL("kasir", "betul", "terbatas"), "lacks rights", models.ErrStorage},
		{"no connection left", s.URL("ramai", "betul", "baru"), "no connection left", models.ErrStorage},
		{"an old server", s.URL(pgtest.User, "", "lama"), "needs 15 or newer", models.ErrStorage},
		{"another program's", s.URL(pgtest.User, "", "lain"), "tables of another program", models.ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store, err := models.Open(t.Context(), options(tt.url))
			if err == nil {
				_ = store.Close()
				t.Fatal("it is taken")
			}
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "rahasia") {
				t.Errorf("the sentence is %q, want one that says %q and no password", err, tt.says)
			}
		})
	}
	o := options(ours)
	o.Key = bytes.Repeat([]byte{8}, 32)
	if _, err := models.Open(t.Context(), o); !errors.Is(err, models.ErrWrongKey) {
		t.Errorf("another server key: %v", err)
	}
	o = options(s.Database(t))
	o.Existing = true
	if _, err := models.Open(t.Context(), o); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("an empty database that has to have an installation: %v", err)
	}
	s.Exec(t, strings.TrimPrefix(strings.SplitN(ours, "?", 2)[0], "postgres://"+pgtest.User+"@/"), "INSERT INTO migrations VALUES ('9999_later')")
	if _, err := models.Open(t.Context(), options(ours)); !errors.Is(err, models.ErrNewerSchema) {
		t.Errorf("a newer version's database: %v", err)
	}
}

// Ensure that a replica is refused, and one that a server becomes under our hands is noticed.
func TestReplica(t *testing.T) {
	s := pgtest.Start(t)
	url := s.Database(t)
	store := open(t, url)
	s.Exec(t, "postgres", "CHECKPOINT")
	s.Kill(t)
	s.Follow(t)
	if _, err := models.Open(t.Context(), options(url)); !errors.Is(err, models.ErrStorage) || !strings.Contains(err.Error(), "read-only replica") {
		t.Errorf("at the start: %v", err)
	}
	until(t, "the sentence names the primary server", func() bool {
		_, _, err := store.CreateDevice(t.Context(), "Toko")
		return errors.Is(err, models.ErrStorage) && strings.Contains(models.Why(err), "name the primary server")
	})
}

// Ensure that sslmode and sslrootcert do what libpq says: a server is trusted by its
// authority or not at all.
func TestTLS(t *testing.T) {
	s, cert := pgtest.StartTLS(t)
	without, other := pgtest.StartTLS(t)
	without.Set(t, "ssl", "off")
	s.Exec(t, "postgres", "CREATE ROLE kasir LOGIN PASSWORD 'betul'")
	s.Exec(t, "postgres", "CREATE DATABASE baru OWNER kasir")
	at := func(mode, cert string) string {
		return s.TCP("kasir", "betul", "baru", url.Values{"sslmode": {mode}, "sslrootcert": {cert}})
	}
	open(t, at("verify-full", cert))
	for name, refused := range map[string]struct{ url, says string }{
		"another authority": {at("verify-full", other), "TLS does not fit"},
		"in clear":          {s.TCP("kasir", "betul", "baru", url.Values{"sslmode": {"disable"}}), "pg_hba.conf"},
		"no TLS there":      {without.TCP("kasir", "betul", "baru", url.Values{"sslmode": {"require"}}), "TLS does not fit"},
		"no such file":      {at("verify-full", cert+"x"), "cannot be read"},
	} {
		store, err := models.Open(t.Context(), options(refused.url))
		if err == nil {
			_ = store.Close()
			t.Errorf("%s: it is taken", name)
		} else if !errors.Is(err, models.ErrStorage) || !strings.Contains(err.Error(), refused.says) || strings.Contains(err.Error(), "betul") {
			t.Errorf("%s: the sentence is %q, want one that says %q and no password", name, err, refused.says)
		}
	}
}

// Ensure that a full disk has its sentence.
func TestFullDisk(t *testing.T) {
	s := pgtest.StartSmall(t)
	store := open(t, s.Database(t))
	free := s.Fill(t)
	var err error
	for err == nil { // until the pages that there are have no room
		_, _, err = store.CreateDevice(t.Context(), "Toko")
	}
	if !errors.Is(err, models.ErrStorage) || !strings.Contains(models.Why(err), "disk is full") {
		t.Errorf("the disk is full: %v", err)
	}
	free()
	if _, _, err := store.CreateDevice(t.Context(), "Toko"); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

// Ensure that many processes may begin the same database at once.
func TestFirstAtTheSameTime(t *testing.T) {
	url := pgtest.URL(t)
	results := make(chan error)
	const n = 8
	for range n {
		go func() {
			s, err := models.Open(context.Background(), options(url))
			if err == nil {
				err = s.Close()
			}
			results <- err
		}()
	}
	for range n {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// Ensure that one server has a database, while commands use it beside.
func TestOwn(t *testing.T) {
	url := pgtest.URL(t)
	first, second := open(t, url), open(t, url)
	if err := first.Own(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := second.Own(t.Context())
	if !errors.Is(err, models.ErrStorage) || !strings.Contains(err.Error(), "another Wadah server") {
		t.Errorf("a second server: %v", err)
	}
	if _, _, err := second.CreateDevice(t.Context(), "Toko"); err != nil {
		t.Errorf("a command beside the server: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "the lock is free after its holder has closed", func() bool { return second.Own(t.Context()) == nil })
}

// Ensure that a server whose lock is gone says so at once, writes nothing by itself, and
// goes on when it has the lock again; not while another server has it.
func TestOwnIsLost(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	first := open(t, url)
	if err := first.Own(t.Context()); err != nil {
		t.Fatal(err)
	}
	const ends = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
	server.Exec(t, "postgres", ends)
	until(t, "the loss is noticed", func() bool { return errors.Is(first.InPlace(t.Context()), models.ErrReplaced) })
	if err := first.Probe(t.Context()); !errors.Is(err, models.ErrStorage) {
		t.Errorf("a probe without the lock: %v", err)
	}
	until(t, "it is ours again", func() bool { return first.InPlace(t.Context()) == nil })

	second := open(t, url)
	server.Exec(t, "postgres", ends)
	theirs := false
	until(t, "one of them has it", func() bool {
		theirs = second.Own(t.Context()) == nil
		return theirs || first.InPlace(t.Context()) == nil
	})
	if ours := first.InPlace(t.Context()) == nil; ours == theirs {
		t.Errorf("the first has it: %v, the second: %v", ours, theirs)
	}
}

// Ensure that a server that is killed, frozen and started again is noticed, and that the
// store goes on by itself with everything it said it has.
func TestServerDies(t *testing.T) {
	server := pgtest.Start(t)
	s := open(t, server.Database(t))
	if err := s.Own(t.Context()); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, name := range []string{"Satu", "Dua", "Tiga"} {
		d, _, err := s.CreateDevice(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, d.ID)
		server.Kill(t)
		if _, _, err := s.CreateDevice(t.Context(), name+" lagi"); !errors.Is(err, models.ErrStorage) || models.Why(err) == "" {
			t.Errorf("without a server: %v", err)
		}
		until(t, "the loss is noticed", func() bool { return s.InPlace(t.Context()) != nil })
		server.Restart(t)
		until(t, "it heals", func() bool { return s.Probe(t.Context()) == nil })
	}
	thaw, err := server.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	_, err = s.Device(brief, kept[0])
	cancel()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a frozen server answered: %v", err)
	}
	if err := thaw(); err != nil {
		t.Fatal(err)
	}
	for _, id := range kept {
		if _, err := s.Device(t.Context(), id); err != nil {
			t.Errorf("what was stored is lost: %v", err)
		}
	}
}

// Ensure that text which PostgreSQL does not take is stored without what it does not take,
// alone and within a message.
func TestAnyText(t *testing.T) {
	s := open(t, pgtest.URL(t))
	d, _, err := s.CreateDevice(t.Context(), "Toko")
	if err != nil {
		t.Fatal(err)
	}
	budi := models.Person{LID: "123@lid"}
	for _, name := range []string{"Bu\x00di", "Budi\xff", strings.Repeat("\x00", 300)} {
		_, err := s.Accept(t.Context(), []models.Arrival{{
			DeviceID: d.ID, Account: "628", Chat: &models.ChatRef{Kind: "private", Person: budi}, Sender: budi, PushName: name,
			Message: &models.NewMessage{WAID: "A" + name, Kind: "text", Body: []byte(name)},
			Event:   &models.NewEvent{Type: "message", Body: []byte(name)},
		}})
		if err != nil {
			t.Errorf("a message from %q: %v", name, err)
		}
	}
	if err := s.SetSetting(t.Context(), "x", "a\x00b\xff"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Setting(t.Context(), "x"); err != nil || got != "ab\uFFFD" {
		t.Errorf("got %q, %v", got, err)
	}
}
