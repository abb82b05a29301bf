package postgres

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A server that neither answers nor takes anything is given up, unless it changes tables.
func TestSilenceLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		defer ours.Close()
		var preparing atomic.Bool
		conn := &impatientConn{Conn: ours, patient: &preparing}
		for name, use := range map[string]func([]byte) (int, error){"Read": conn.Read, "Write": conn.Write} {
			begun := time.Now()
			if _, err := use(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s ends with %v", name, err)
			}
			if took := time.Since(begun); took != silenceLimit {
				t.Errorf("%s took %v", name, took)
			}
		}
		// The driver's own limit goes before.
		until := time.Now().Add(time.Hour)
		if err := conn.SetDeadline(until); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().Before(until) {
			t.Errorf("with a limit of the driver, Write ends with %v at %v", err, time.Now())
		}
		// A change of the tables takes as long as it takes.
		if err := conn.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		preparing.Store(true)
		go func() {
			time.Sleep(time.Hour)
			_, _ = theirs.Write([]byte("!"))
		}()
		if n, err := conn.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("what takes an hour gave %d, %v", n, err)
		}
	})
}
