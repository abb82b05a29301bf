//go:build linux && !race

package trial_test

import (
	"testing"

	"wadah/models/postgres/pgtest"
)

// postgresFaults are what can happen to a PostgreSQL server and the way to it.
var postgresFaults = map[string]func(*testing.T, *pgtest.Server) (mend func()){
	"killed": func(t *testing.T, s *pgtest.Server) func() {
		s.Kill(t)
		return func() { s.Restart(t) }
	},
	"frozen": func(t *testing.T, s *pgtest.Server) func() {
		thaw, err := s.Freeze()
		must(t, err)
		return func() { must(t, thaw()) }
	},
	"full": func(t *testing.T, s *pgtest.Server) func() {
		return s.Fill(t)
	},
	"refused": func(t *testing.T, s *pgtest.Server) func() {
		s.Set(t, "default_transaction_read_only", "on")
		return func() { s.Set(t, "default_transaction_read_only", "off") }
	},
}

// postgresFor starts a server that a fault can happen to.
func postgresFor(t *testing.T, fault string) *pgtest.Server {
	t.Helper()
	if fault == "full" {
		return pgtest.StartSmall(t)
	}
	return pgtest.Start(t)
}

// Messages meet a PostgreSQL that fails, as they meet a file: see flow.
func TestMessagesAndPostgres(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*testing.T){}
	for name, fault := range postgresFaults {
		for moment := range flowMoments {
			cells[name+"/"+moment] = func(t *testing.T) {
				server := postgresFor(t, name)
				w := newWorld(t, func(s *settings) { s.pg = server })
				(&flow{world: w, fault: func(*world) func() { return fault(t, server) }}).run(moment)
			}
		}
	}
	playAll(t, cells)
}

// The moments of a device's life meet a PostgreSQL that fails, as they meet a file: see
// storageMatrix. A server that is gone or frozen has, for all we know, lost our lock: the
// devices stop.
const postgresMatrix = `
fault     never_started    scanning       pairing        connected            stopping         logging_out            deleting             reconnecting
killed    never_started/qr storage/ready  storage/ready  storage/ready        stopped/stopped  storage/ready          storage/ready        storage/ready
frozen    never_started/qr storage/ready  storage/ready  storage/ready        stopped/stopped  storage/ready          storage/ready        storage/ready
refused   never_started/qr storage/ready  storage/ready  ready|storage/ready  stopped/stopped  ready|storage/ready    ready|storage/ready  storage|ready/ready
error     never_started/qr storage/ready  storage/ready  ready/ready          stopped/stopped  logged_out/logged_out  logged_out/gone      ready/ready
`

func TestLifeAndPostgres(t *testing.T) {
	t.Parallel()
	cells := map[string]func(*testing.T){}
	for _, c := range readStorageMatrix(t, postgresMatrix) {
		if c.fault != "killed" && !soak(false, true) {
			continue // the rest is for make soak
		}
		cells[c.fault+"/"+c.moment] = func(t *testing.T) {
			server := pgtest.Start(t)
			w := newWorld(t, func(s *settings) { s.pg = server })
			c.play(w, func(*world) func() { return postgresFaults[c.fault](t, server) })
		}
	}
	playAll(t, cells)
}
