package models_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pquerna/otp/totp"

	"wadah/models"
)

var update = flag.Bool("update", false, "write testdata/schema_N.db for the newest schema, if it is not there")

// What is in every testdata/schema_N.db.
const (
	oldDevice = "Toko Lama"
	oldProxy  = "http://user:pass@proxy.example:8080"
	oldJID    = "6281234567890:3@s.whatsapp.net"
	oldUser   = "budi"
	oldZone   = "Asia/Makassar" // from step 3 on
)

// writeOldDatabase makes a database with something in each table.
func writeOldDatabase(t *testing.T, path string) {
	ctx := t.Context()
	f := newFixture(t)
	d, key := f.device(oldDevice)
	must(t, f.SetDeviceProxy(ctx, d.ID, oldProxy))
	must(t, f.SaveLife(ctx, d.ID, models.Life{JID: oldJID, PushName: "Budi", Platform: "android", LinkedAt: f.clock.Now()}, true))
	must(t, f.SetDefaultDevice(ctx, d.ID))
	must(t, f.AddEvents(ctx, []models.DeviceEvent{{DeviceID: d.ID, From: "PAIRING", To: "CONNECTED", Reason: "ready"}}))
	must(t, f.AddAudit(ctx, models.AuditEntry{Actor: oldUser, Action: "device.create", DeviceID: d.ID}))
	must(t, f.SetSetting(ctx, "colour", "blue"))
	u := f.user(oldUser, models.RoleAdmin)
	must(t, f.SetUserPrefs(ctx, u.ID, models.Prefs{Zone: oldZone}))
	must(t, f.AssignDevices(ctx, u.ID, []string{d.ID}))
	enrolled, err := f.EnrolTOTP(ctx, u.ID, "Wadah")
	must(t, err)
	code, err := totp.GenerateCode(enrolled.Secret, f.clock.Now())
	must(t, err)
	_, err = f.ConfirmTOTP(ctx, u.ID, code)
	must(t, err)
	_, err = f.AddPasskey(ctx, u.ID, "Laptop", []byte("credential"), []byte("{}"))
	must(t, err)
	_, err = f.CreateScanLink(ctx, d.ID, oldUser, 0)
	must(t, err)
	_, err = f.Invite(ctx, models.Invitation{By: u.ID, Role: models.RoleViewer, Devices: []string{d.ID}}, 0)
	must(t, err)
	secret, err := f.RotateSystemSecret(ctx, 0)
	must(t, err)
	must(t, f.NoteViews(ctx, models.Viewer{ID: u.ID, Name: u.Name}, key.ID, secret.ID))
	f.login(u)
	must(t, f.Backup(ctx, path))
}

// Ensure that the database of every release there was opens, with all that is in
// it, and that the newest schema has such a file for the releases to come.
func TestOldSchemas(t *testing.T) {
	newest := filepath.Join("testdata", fmt.Sprintf("schema_%d.db", models.SchemaVersion()))
	if _, err := os.Stat(newest); errors.Is(err, fs.ErrNotExist) && *update {
		must(t, os.MkdirAll("testdata", 0o755))
		writeOldDatabase(t, newest)
	} else if err != nil {
		t.Fatalf("no file of the newest schema; make it with go test ./models -run TestOldSchemas -update (%v)", err)
	}
	for n := 1; n <= models.SchemaVersion(); n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join("testdata", fmt.Sprintf("schema_%d.db", n)))
			must(t, err)
			path := filepath.Join(t.TempDir(), models.DatabaseFile)
			must(t, os.WriteFile(path, b, 0o600))
			for range 2 {
				s, err := models.Open(t.Context(), models.Options{Path: path, Key: testKey()})
				must(t, err)
				checkOldDatabase(t, s, n)
				must(t, s.Close())
			}
		})
	}
}

func checkOldDatabase(t *testing.T, s *models.Store, schema int) {
	t.Helper()
	ctx := t.Context()
	d, err := s.DeviceByName(ctx, oldDevice)
	must(t, err)
	if d.Proxy != oldProxy || d.JID != oldJID || d.PushName != "Budi" || !d.Default || d.LinkedAt == nil {
		t.Errorf("the device is %+v", d)
	}
	keys, err := s.Keys(ctx, d.ID)
	must(t, err)
	value, err := s.RevealKey(ctx, keys[0].ID)
	must(t, err)
	if opened, err := s.OpenKey(ctx, value); err != nil || opened.DeviceID != d.ID {
		t.Errorf("the key opens %q (%v)", opened.DeviceID, err)
	}
	if events, err := s.Events(ctx, d.ID, 0, ""); err != nil || len(events) != 1 || events[0].Reason != "ready" {
		t.Errorf("the events are %v (%v)", events, err)
	}
	if entries, err := s.Audit(ctx, models.AuditFilter{}); err != nil || len(entries) != 1 || entries[0].Actor != oldUser {
		t.Errorf("the audit is %v (%v)", entries, err)
	}
	if got, err := s.Setting(ctx, "colour"); err != nil || got != "blue" {
		t.Errorf("the setting is %q (%v)", got, err)
	}
	u, err := s.Authenticate(ctx, oldUser, goodPassword, models.Asker{})
	if err != nil || u.Role != models.RoleAdmin {
		t.Errorf("signing in gives %v (%v)", u, err)
	}
	if had := schema >= 3; (u.Zone == oldZone) != had || !had && u.Zone != "" {
		t.Errorf("the zone is %q", u.Zone)
	}
	seen, err := s.LastViews(ctx, []string{keys[0].ID})
	must(t, err)
	if had := schema >= 6; (len(seen) == 1 && seen[keys[0].ID].Viewer.Name == oldUser) != had {
		t.Errorf("who was shown the key: %+v", seen)
	}
	var logins int
	must(t, s.SQL().QueryRowContext(ctx, "SELECT count(*) FROM logins WHERE user_id = ? AND ended_at IS NULL", u.ID).Scan(&logins))
	if logins != 1 {
		t.Errorf("%d of 1 logins are left", logins)
	}
	// Writing goes on.
	must(t, s.AddAudit(ctx, models.AuditEntry{Action: "x"}))
	_, err = s.SQL().ExecContext(ctx, "DELETE FROM audit_entries WHERE action = 'x'")
	must(t, err)
}

// Ensure that a database from before a step gets that step, and that a step which
// fails leaves everything as it was.
func TestMigrationSteps(t *testing.T) {
	path := filepath.Join(t.TempDir(), models.DatabaseFile)
	open := func() error {
		s, err := models.Open(t.Context(), models.Options{Path: path, Key: testKey()})
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.SQL().ExecContext(t.Context(), "INSERT INTO birds (name) VALUES ('x')")
		return err
	}
	s, err := models.Open(t.Context(), models.Options{Path: path, Key: testKey()})
	must(t, err)
	must(t, s.Close())

	err = models.MigrateWith(t.Context(), path, testKey(), "CREATE TABLE birds (name TEXT)", "CREATE nonsense")
	if err == nil {
		t.Fatal("nonsense was applied")
	}
	if err := open(); err == nil {
		t.Error("half of the steps were kept")
	}
	must(t, models.MigrateWith(t.Context(), path, testKey(), "CREATE TABLE birds (name TEXT)"))
	assertOnly(t, open(), models.ErrNewerSchema) // for this version, which lacks the step
}
