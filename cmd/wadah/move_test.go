package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wadah/models"
	"wadah/models/postgres/pgtest"
)

// A linked installation is moved to PostgreSQL: it goes on there without being linked again,
// with the same keys, and moving again does no harm.
func TestMove(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	server.must("serviceStart", key)
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	url := pgtest.URL(t)
	move := func() (string, int) {
		p := start(t, "move", "--data", w.data, "--to", url)
		code := p.wait()
		return p.stdout.String() + p.stderr.String(), code
	}
	if said, code := move(); code == 0 || !strings.Contains(said, "another Wadah server is running") {
		t.Errorf("moved while the server runs: %d, %s", code, said)
	}
	w.settled()
	server.stop()

	before, err := os.ReadFile(filepath.Join(w.data, models.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	if said, code := move(); code != 0 || !strings.Contains(said, "Copied") || !strings.Contains(said, "WADAH_DATABASE_URL") {
		t.Fatalf("not moved: %d, %s", code, said)
	}
	if said, code := move(); code != 0 || !strings.Contains(said, "Nothing to do") {
		t.Errorf("moved again: %d, %s", code, said)
	}
	if after, err := os.ReadFile(filepath.Join(w.data, models.DatabaseFile)); err != nil || string(after) != string(before) {
		t.Errorf("the source was changed (%v)", err)
	}

	file := w.pg
	w.pg = url
	server = w.serve()
	server.is(key, "CONNECTED", "ready")
	serverKey, err := os.ReadFile(filepath.Join(w.data, models.ServerKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, serverKey, 0o600); err != nil {
		t.Fatal(err)
	}
	second := start(t, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "other"),
		"--server-key-file", keyFile, "--database-url", url)
	if code, said := second.wait(), second.stderr.String(); code != exitFailure || !strings.Contains(said, "in use by another Wadah server") {
		t.Errorf("a second server on the database: %d, %s", code, said)
	}
	server.stop()
	if said, code := move(); code == 0 || !strings.Contains(said, "name an empty one") {
		t.Errorf("moved onto an installation that went on: %d, %s", code, said)
	}
	w.pg = file
}

// An installation on PostgreSQL is copied while it runs and brought back elsewhere: linked,
// with the same keys, and nothing that waited is sent a second time.
func TestRestoreOnPostgres(t *testing.T) {
	w := newWorld(t)
	w.pg = pgtest.URL(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	server.must("serviceStart", key)
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	w.settled()
	server.must("serviceDestroy", key)
	friend := w.newPhone()
	server.must("sendMessage", key, "phone", friend, "message", "Pesanan siap", "queue", "1")
	file := filepath.Join(t.TempDir(), "wadah.tar.gz")
	if said := wadah(t, "backup", file, "--data", w.data, "--database-url", w.pg); !strings.Contains(said, "pg_dump") {
		t.Errorf("backup says %q", said)
	}
	w.pg = pgtest.Copy(t, w.pg)
	server.stop()
	w.data = filepath.Join(t.TempDir(), "new")
	wadah(t, "restore", file, "--data", w.data, "--database-url", w.pg)
	server = w.serve()
	server.must("serviceStart", key)
	server.is(key, "CONNECTED", "ready")
	status, body, err := request(t.Context(), http.MethodGet, server.url+"/api/getMessages?status=failed&apiKey="+key, "", "")
	if err != nil || status != http.StatusOK || !strings.Contains(string(body), "Pesanan siap") || !strings.Contains(string(body), "restored") {
		t.Errorf("what waited before the restore: %d %s, %v", status, body, err)
	}
	w.noViolations()
}
