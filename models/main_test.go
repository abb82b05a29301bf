package models_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"wadah/models/postgres/pgtest"
)

// onPostgres makes fixtures on PostgreSQL.
var onPostgres bool

// aboutFiles are the tests of what SQLite's one file brings with it.
const aboutFiles = `^(TestBackup|TestOpen|TestPlace|TestMigrations|TestFilesFail)`

// TestMain runs the tests on SQLite, and then on PostgreSQL those that are not about files.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !given("test.fuzz") && !given("test.bench") && !given("test.list") {
		fmt.Println("the same on PostgreSQL")
		onPostgres = true
		if err := flag.Set("test.skip", aboutFiles); err != nil {
			panic(err)
		}
		code = m.Run()
	}
	os.Exit(max(code, pgtest.Stop()))
}

func given(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != f.DefValue
}
