package main

import (
	"testing"

	"github.com/alecthomas/kong"

	"wadah/session"
)

// Ensure that the defaults that --help shows are the ones the product is tested with.
func TestLifeDefaults(t *testing.T) {
	var flags lifeFlags
	parser, err := kong.New(&flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	got, err := flags.config()
	if err != nil || got != session.DefaultConfig() {
		t.Errorf("got %+v, %v; want %+v", got, err, session.DefaultConfig())
	}
}
