// Package modelstest lets the database of a store fail, for tests: the same on SQLite and
// on PostgreSQL.
package modelstest

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"wadah/models"
)

var made atomic.Int64

// Refuse lets the storage fail whenever something is changed, such as
// "UPDATE ON devices WHEN (NEW.desired)"; mend ends that.
func Refuse(tb testing.TB, s *models.Store, change string) (mend func()) {
	tb.Helper()
	return refuse(tb, s, change, `SELECT RAISE(ABORT, 'broken');`, `RAISE 'broken';`)
}

// RefuseValue lets the database not take the value of a change, as a column does that has
// no place for it.
func RefuseValue(tb testing.TB, s *models.Store, change string) (mend func()) {
	tb.Helper()
	exec(tb, s, `CREATE TABLE IF NOT EXISTS picky (x TEXT NOT NULL)`)
	const fails = `INSERT INTO picky VALUES (NULL);`
	return refuse(tb, s, change, fails, fails)
}

// RefuseUnsynced lets no row into a table with a commit that a power cut may take back.
func RefuseUnsynced(tb testing.TB, s *models.Store, table string) (mend func()) {
	tb.Helper()
	when := `((SELECT synchronous FROM pragma_synchronous) < 2)`
	if s.Dialect() == "postgres" {
		when = `(current_setting('synchronous_commit') <> 'on')`
	}
	return Refuse(tb, s, "INSERT ON "+table+" WHEN "+when)
}

func refuse(tb testing.TB, s *models.Store, change, sqlite, postgres string) (mend func()) {
	tb.Helper()
	name := "broken" + strconv.FormatInt(made.Add(1), 10)
	if s.Dialect() != "postgres" {
		exec(tb, s, "CREATE TRIGGER "+name+" BEFORE "+change+" BEGIN "+sqlite+" END")
		return func() { exec(tb, s, "DROP TRIGGER "+name) }
	}
	what, when, _ := strings.Cut(change, " WHEN ")
	if when != "" {
		when = " WHEN " + when
	}
	exec(tb, s, "CREATE FUNCTION "+name+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "+postgres+" RETURN NEW; END $$")
	exec(tb, s, "CREATE TRIGGER "+name+" BEFORE "+what+" FOR EACH ROW"+when+" EXECUTE FUNCTION "+name+"()")
	return func() { exec(tb, s, "DROP FUNCTION "+name+" CASCADE") }
}

func exec(tb testing.TB, s *models.Store, statement string) {
	tb.Helper()
	if _, err := s.SQL().ExecContext(context.Background(), statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}
