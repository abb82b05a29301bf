package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to spoil databases with

	"wadah/models"
)

// Each of these ends with a sentence that says what to mend, before anything is
// changed.
func TestRefusesToStart(t *testing.T) {
	w := newWorld(t)
	install(t, w.data, nil)
	key := w.addDevice("Kasir")
	server := w.serve()
	busy := strings.TrimPrefix(server.url, "http://")

	refuse := func(name, says string, args ...string) {
		t.Run(name, func(t *testing.T) {
			p := start(t, append([]string{"serve", "--whatsapp-url", w.URL, "--whatsapp-root-key", w.RootKey}, args...)...)
			if code := p.wait(); code != exitFailure || !strings.Contains(p.stderr.String(), says) {
				t.Errorf("code %d, want %q in: %s", code, says, p.stderr)
			}
			if out := p.stdout.String(); out != "" {
				t.Errorf("it printed %q", out)
			}
		})
	}
	refuse("second server on the folder", "another Wadah server is running", "--data", w.data, "--listen", "127.0.0.1:0")
	if err := os.Remove(filepath.Join(w.data, "wadah.lock")); err != nil {
		t.Fatal(err)
	}
	refuse("second server, the lock's file deleted", "another Wadah server is running", "--data", w.data, "--listen", "127.0.0.1:0")
	refuse("busy port", "in use by another program", "--data", filepath.Join(t.TempDir(), "data"), "--listen", busy)
	if out := wadah(t, "health", "--listen", busy); out != "ok\n" {
		t.Errorf("health says %q", out)
	}
	server.stop()

	under := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(under, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse("folder under a file", "a file is in its way", "--data", filepath.Join(under, "data"))
	refuse("folder is a file", "a file is in its way", "--data", under)

	half := copyFolder(t, w.data)
	remove(t, half, models.ServerKeyFile)
	refuse("half-copied folder", models.ServerKeyFile+" is missing", "--data", half)

	wrong := copyFolder(t, w.data)
	write(t, wrong, models.ServerKeyFile, strings.Repeat("5a", 32)+"\n")
	refuse("wrong server key", "key", "--data", wrong)

	damaged := copyFolder(t, w.data)
	write(t, damaged, models.ServerKeyFile, "hello\n")
	refuse("damaged server key", "restore the file from a backup", "--data", damaged)

	text := copyFolder(t, w.data)
	write(t, text, models.DatabaseFile, strings.Repeat("this is no database\n", 500))
	refuse("no database", "database", "--data", text)

	newer := copyFolder(t, w.data)
	fromTheFuture(t, newer)
	refuse("database from a newer version", "newer version", "--data", newer)

	// Nothing of all this changed the folder it was copied from.
	server = w.serve()
	if err := server.isNow(key, "SERVICE_OFF", "never_started"); err != nil {
		t.Error(err)
	}
	server.stop()
}

// Another seed, another root key: the links of the folder would be lost there.
func TestRefusesAnotherWhatsApp(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	server.stop()

	other := newWorld(t, "--seed", "another")
	if other.RootKey == w.RootKey {
		t.Fatal("two seeds, one root key")
	}
	for name, args := range map[string][]string{
		"simulated": {"--whatsapp-url", other.URL, "--whatsapp-root-key", other.RootKey},
		"real":      nil,
	} {
		p := start(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", w.data}, args...)...)
		if code := p.wait(); code != exitFailure || !strings.Contains(p.stderr.String(), "would lose those links") {
			t.Errorf("%s: code %d, %s", name, code, p.stderr)
		}
	}
	server = w.serve()
	server.is(key, "CONNECTED", "ready")
	server.stop()
}

// Asked to stop while a phone could scan at any moment.
func TestStopWhileLinking(t *testing.T) {
	w := newWorld(t)
	server := w.serve()
	key := w.addDevice("Kasir")
	server.must("serviceStart", key)
	qr := server.must("getQR", key, "wait", "25")
	server.stop()
	if err := w.scan(w.newPhone(), qr.Results.QRString); err == nil {
		t.Error("the QR of a stopped program could be scanned")
	}
	server = w.serve()
	server.is(key, "SERVICE_SCAN", "qr") // it was on, so it comes back
	if err := w.link(server, key, w.newPhone()); err != nil {
		t.Fatal(err)
	}
	server.is(key, "CONNECTED", "ready")
	server.stop()
}

// WhatsApp cannot be reached when the program starts, and then it can.
func TestStartDuringAnOutage(t *testing.T) {
	w := newWorld(t)
	w.control("outage", map[string]any{"mode": "refuse"})
	server := w.serve()
	key := w.addDevice("Kasir")
	server.must("serviceStart", key)
	server.is(key, "PAIRING", "connecting")
	if qr, err := server.api("getQR", key, "wait", "0"); err != nil || qr.Code != http.StatusConflict || qr.Results.State != "PAIRING" {
		t.Errorf("getQR during an outage: %+v, %v", qr, err)
	}
	w.control("outage", map[string]any{"mode": "none"})
	server.is(key, "SERVICE_SCAN", "qr")
	server.stop()
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fromTheFuture records a migration that this version does not know.
func fromTheFuture(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, models.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `INSERT INTO migrations (id) VALUES ('9999')`); err != nil {
		t.Fatal(fmt.Errorf("spoil the database: %w", err))
	}
}
