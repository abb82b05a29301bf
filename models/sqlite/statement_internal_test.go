package sqlite

import (
	"fmt"
	"testing"
)

// Ensure that statements which are kept give what they would give if they were parsed anew:
// while their rows are being read, after others took their place, and after the tables have
// changed.
func TestKeptStatements(t *testing.T) {
	conn, err := openForTurns(t).pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	count := func(query string, args ...any) (n int) {
		t.Helper()
		if err := conn.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return n
	}
	exec("CREATE TABLE t (n INTEGER PRIMARY KEY)")
	for n := range 3 {
		exec("INSERT INTO t VALUES (?)", n)
	}
	const all = "SELECT n FROM t ORDER BY n"
	rows, err := conn.QueryContext(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for want := 0; rows.Next(); want++ {
		var n int
		if err := rows.Scan(&n); err != nil || n != want {
			t.Errorf("row %d is %d, %v", want, n, err)
		}
		if first := count(all); first != 0 {
			t.Errorf("while it is read, the same query begins with %d", first)
		}
		for other := range keptStatements + 10 {
			if got := count(fmt.Sprintf("SELECT %d", other)); got != other {
				t.Errorf("SELECT %d gives %d", other, got)
			}
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	exec("ALTER TABLE t ADD COLUMN m INTEGER NOT NULL DEFAULT 7")
	exec("INSERT INTO t VALUES (?, 8)", 3)
	if got := count("SELECT sum(m) FROM t"); got != 29 {
		t.Errorf("after a change of the table: %d", got)
	}
	if _, err := conn.ExecContext(t.Context(), "INSERT INTO t VALUES (?, 8)", 3); err == nil {
		t.Error("a row twice")
	}
	exec("INSERT INTO t VALUES (?, 8)", 4) // the same statement, after it has failed
	var kept int
	if err := conn.Raw(func(driver any) error { kept = driver.(*turnConn).latest.Len(); return nil }); err != nil {
		t.Fatal(err)
	}
	if kept == 0 || kept > keptStatements {
		t.Errorf("%d statements are kept", kept)
	}
}
