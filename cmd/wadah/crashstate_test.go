package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // to read a PostgreSQL database with
)

// stored is a device as the database has it.
type stored struct {
	desired   bool
	jid       string
	offReason string
	repairs   int // rows of its timeline that tell of a repair
}

// state is what the tests read from the database, past the program.
type state struct {
	driver  string // of the database
	devices map[string]stored
	links   []string          // JIDs of the library's devices
	orphans map[string]int    // rows of the library's tables without a device, by table
	checks  map[string]string // what SQLite's own checks say; "ok" or nothing when all is well
}

// look reads the database beside the running program.
func (w *world) look() state {
	w.t.Helper()
	now, err := readState(w.source())
	if err != nil {
		w.t.Fatalf("read the database: %v", err)
	}
	return now
}

func readState(driver, source string) (now state, err error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return now, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now = state{driver: driver, devices: map[string]stored{}, orphans: map[string]int{}, checks: map[string]string{}}
	for _, read := range []func(*sql.DB) error{now.readDevices, now.readLinks, now.readOrphans, now.readChecks} {
		if err := read(db); err != nil {
			return now, err
		}
	}
	return now, nil
}

func (s *state) readDevices(db *sql.DB) error {
	return each(db, `SELECT id, desired, COALESCE(jid, ''), off_reason,
		(SELECT COUNT(*) FROM device_events e WHERE e.device_id = d.id AND e.detail LIKE 'repaired%') FROM devices d`,
		func(scan func(...any) error) error {
			var id string
			var d stored
			err := scan(&id, &d.desired, &d.jid, &d.offReason, &d.repairs)
			s.devices[id] = d
			return err
		})
}

func (s *state) readLinks(db *sql.DB) error {
	return each(db, `SELECT jid FROM whatsmeow_device`, func(scan func(...any) error) error {
		var jid string
		err := scan(&jid)
		s.links = append(s.links, jid)
		return err
	})
}

// readOrphans counts, in each of the library's tables that belong to a device, the
// rows whose device is gone. The column is called our_jid or jid.
func (s *state) readOrphans(db *sql.DB) error {
	owners := map[string]string{}
	columns := `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name LIKE 'whatsmeow_%' AND column_name IN ('our_jid', 'jid')
		AND table_name <> 'whatsmeow_device' ORDER BY column_name`
	if s.driver == "sqlite" {
		columns = `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name LIKE 'whatsmeow_%' AND c.name IN ('our_jid', 'jid') AND m.name <> 'whatsmeow_device'
		ORDER BY c.name`
	}
	err := each(db, columns,
		func(scan func(...any) error) error {
			var table, column string
			err := scan(&table, &column)
			owners[table] = column // our_jid comes last and wins
			return err
		})
	if err != nil {
		return err
	}
	if len(owners) < 10 {
		return fmt.Errorf("only %d tables of the library were found", len(owners))
	}
	for table, column := range owners {
		var n int
		query := "SELECT COUNT(*) FROM " + table + " WHERE " + column + " NOT IN (SELECT jid FROM whatsmeow_device)"
		if err := db.QueryRow(query).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			s.orphans[table] = n
		}
	}
	return nil
}

// readChecks looks for damage, of which PostgreSQL keeps itself free.
func (s *state) readChecks(db *sql.DB) error {
	if s.driver != "sqlite" {
		s.checks["integrity_check"] = "ok"
		return nil
	}
	for _, check := range []string{"integrity_check", "foreign_key_check"} {
		err := each(db, "SELECT * FROM pragma_"+check, func(scan func(...any) error) error {
			if check == "foreign_key_check" {
				s.checks[check] = "a row refers to nothing"
				return nil
			}
			var said string
			err := scan(&said)
			s.checks[check] = said
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func each(db *sql.DB, query string, row func(scan func(...any) error) error) (err error) {
	rows, err := db.Query(query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// checkDatabase insists on a sound database in which every link has credentials, and
// all credentials a device.
func (s state) checkDatabase(t *testing.T) {
	t.Helper()
	if s.checks["integrity_check"] != "ok" || s.checks["foreign_key_check"] != "" {
		t.Errorf("the database is damaged: %v", s.checks)
	}
	if len(s.orphans) > 0 {
		t.Errorf("rows of no device: %v", s.orphans)
	}
	var claimed []string
	for _, d := range s.devices {
		if d.jid != "" {
			claimed = append(claimed, d.jid)
		}
	}
	slices.Sort(claimed)
	slices.Sort(s.links)
	if !slices.Equal(claimed, s.links) {
		t.Errorf("%d devices are linked and there are credentials for %d, or for others", len(claimed), len(s.links))
	}
}

// listed are the JIDs of the devices that a phone lists.
func (w *world) listed(phone string) (jids []string) {
	w.t.Helper()
	status, body, err := request(w.t.Context(), http.MethodGet, w.Control+"phones", "", "")
	if err != nil || status != http.StatusOK {
		w.t.Fatalf("phones: %d %v", status, err)
	}
	for _, p := range decode[[]struct {
		Number     string `json:"number"`
		Companions []struct {
			JID string `json:"jid"`
		} `json:"companions"`
	}](w.t, body) {
		if p.Number != strings.TrimPrefix(phone, "+") {
			continue
		}
		for _, c := range p.Companions {
			jids = append(jids, c.JID)
		}
	}
	return jids
}
