package models_test

import (
	"fmt"
	"testing"
)

// Ensure that the figures grow with what is stored, whoever stores it.
func TestSizes(t *testing.T) {
	f := newFixture(t)
	_, err := f.SQL().ExecContext(t.Context(), "CREATE TABLE whatsmeow_sessions (a TEXT)")
	must(t, err)
	before, err := f.Sizes(t.Context())
	must(t, err)
	for i := range 20 {
		_, _, err = f.CreateDevice(t.Context(), fmt.Sprintf("Toko %d", i))
		must(t, err)
	}
	_, err = f.SQL().ExecContext(t.Context(), "INSERT INTO whatsmeow_sessions VALUES ('x')")
	must(t, err)
	after, err := f.Sizes(t.Context())
	must(t, err)
	if n := after.Rows["devices"] - before.Rows["devices"]; n != 20 {
		t.Errorf("%d devices more, want 20", n)
	}
	if after.Rows["whatsmeow_sessions"] != 1 {
		t.Errorf("the library's table has %d rows, want 1", after.Rows["whatsmeow_sessions"])
	}
	if before.Database <= 0 || after.Database < before.Database || after.Unused < 0 || (after.Log <= 0) != onPostgres {
		t.Errorf("bytes before %+v and after %+v", before, after)
	}
	_, err = f.SQL().ExecContext(t.Context(), "DELETE FROM api_keys")
	must(t, err)
	if now, err := f.Sizes(t.Context()); err != nil || now.Rows["api_keys"] != 0 {
		t.Errorf("after the deletion: %+v, %v", now.Rows, err)
	}
}
