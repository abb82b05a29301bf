package main

import (
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"wadah/session"
)

func parseLife(t *testing.T, args ...string) (session.Config, error) {
	t.Helper()
	var flags lifeFlags
	parser, err := kong.New(&flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags.config()
}

// Ensure that the defaults that --help shows are the ones the product is tested with.
func TestLifeDefaults(t *testing.T) {
	got, err := parseLife(t)
	if err != nil || got != session.DefaultConfig() {
		t.Errorf("got %+v, %v; want %+v", got, err, session.DefaultConfig())
	}
}

// Ensure that a time that was given, and no other, stays as it is.
func TestGivenTimesAreFixed(t *testing.T) {
	want := session.DefaultConfig()
	want.Grace, want.Fixed.Grace = 2*time.Minute, true // the same as the default, but given
	if got, err := parseLife(t, "--grace=120s"); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}
