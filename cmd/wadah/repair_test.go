package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"wadah/models"
)

// What a crash at the worst instants leaves in the database is made there by hand:
// the start repairs it, logs it, and tells it in the timeline.
func TestRepairs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := w.serve()
	keys := map[string]string{}
	for _, name := range []string{"claimed", "forgotten", "unclaimed", "unlinking", "unlinked", "healthy"} {
		keys[name] = w.addDevice(name)
		if name == "claimed" {
			continue // the one that is not linked
		}
		if err := w.link(server, keys[name], w.newPhone()); err != nil {
			t.Fatal(err)
		}
		server.is(keys[name], "CONNECTED", "ready")
	}
	server.stop()
	w.change(
		// The link was claimed, and the library had not saved it yet.
		`UPDATE devices SET jid = '6281200999999:1@s.whatsapp.net', desired = true WHERE name = 'claimed'`,
		// Logged out: the credentials are deleted, our row says linked.
		`DELETE FROM whatsmeow_device WHERE jid = (SELECT jid FROM devices WHERE name = 'forgotten')`,
		// Deleted or unlinked: our row is clean, the credentials remain.
		`UPDATE devices SET jid = NULL, linked_at = NULL WHERE name = 'unclaimed'`,
		// Before WhatsApp was asked to unlink, and after our row was cleaned.
		`UPDATE devices SET off_reason = 'unlinking', desired = false WHERE name IN ('unlinking', 'unlinked')`,
		`UPDATE devices SET jid = NULL, linked_at = NULL WHERE name = 'unlinked'`,
	)

	server = w.serve()
	for name, want := range map[string][2]string{
		"claimed":   {"SERVICE_SCAN", "qr"}, // wanted on, not linked
		"forgotten": {"SERVICE_OFF", "logged_out"},
		"unclaimed": {"SERVICE_SCAN", "qr"},
		"unlinking": {"SERVICE_OFF", "logged_out"},
		"unlinked":  {"SERVICE_OFF", "logged_out"},
		"healthy":   {"CONNECTED", "ready"},
	} {
		server.is(keys[name], want[0], want[1])
	}
	after := w.look()
	after.checkDatabase(t)
	repairs := 0
	for _, d := range after.devices {
		repairs += d.repairs
	}
	if logged := strings.Count(server.stderr.String(), "repaired a device at start"); repairs != 4 || logged != 4 {
		t.Errorf("%d repairs in the timelines, %d in the log; want 4", repairs, logged)
	}
	if !strings.Contains(server.stderr.String(), "credentials that no device claims") {
		t.Error("the log does not tell of the credentials that were deleted")
	}
	server.stop()

	server = w.serve() // nothing is left to repair
	server.is(keys["healthy"], "CONNECTED", "ready")
	if log := server.stderr.String(); strings.Contains(log, "repaired") || strings.Contains(log, "no device claims") {
		t.Error("the second start repairs again")
	}
	server.stop()
}

// change runs statements on the database of a program that does not run.
func (w *world) change(statements ...string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.data, models.DatabaseFile)+"?_pragma=foreign_keys(1)")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		result, err := db.ExecContext(w.t.Context(), s)
		if err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			w.t.Fatalf("%s: changed %d rows, %v", s, n, err)
		}
	}
}
