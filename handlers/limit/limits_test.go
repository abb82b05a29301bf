package limit_test

import (
	"errors"
	"testing"

	"github.com/alecthomas/kong"

	"wadah/handlers/limit"
)

// TestDefault holds the defaults, and the variables, against what kong makes of the tags.
func TestDefault(t *testing.T) {
	var flags struct {
		limit.Limits `embed:""`
	}
	parser, err := kong.New(&flags, kong.DefaultEnvars("WADAH"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if flags.Limits != limit.Default() || flags.KeyRate != 200 {
		t.Errorf("%+v, kong says %+v", limit.Default(), flags.Limits)
	}
	if err := limit.Default().Check(); err != nil {
		t.Error(err)
	}
	variables := map[string]bool{}
	for _, flag := range parser.Model.Flags {
		for _, name := range flag.Envs {
			variables[name] = true
		}
	}
	for _, field := range []string{
		"KeyRate", "KeyBurst", "AddressRate", "AddressBurst", "KeyStreams", "LoginStreams", "Connections", "AddressConnections", "MaxDevices", "MaxBody",
	} {
		if !variables[limit.Variable(field)] {
			t.Errorf("%s has the variable %s, which kong does not know: %v", field, limit.Variable(field), variables)
		}
	}
}

func TestCheck(t *testing.T) {
	for flag, change := range map[string]func(*limit.Limits){
		"key-rate":    func(l *limit.Limits) { l.KeyRate = -1 },
		"max-devices": func(l *limit.Limits) { l.MaxDevices = 1_000_001 },
		"max-body":    func(l *limit.Limits) { l.MaxBody = 1023 },
	} {
		l := limit.Default()
		change(&l)
		var refused *limit.OutOfBoundsError
		if err := l.Check(); !errors.As(err, &refused) || refused.Flag != flag {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
