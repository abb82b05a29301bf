package whatsapp

import (
	"errors"
	"net"
	"testing"

	"go.mau.fi/whatsmeow/types"

	"wadah/session"
)

// Nothing is written to the socket before what was stored for it is synced, and nothing
// is synced twice.
func TestNothingOvertakesItsRatchet(t *testing.T) {
	c := newQuietConn(t, types.NewADJID("6281", 0, 1), session.Handler{Signal: func(session.Signal) {}})
	synced, broken := 0, error(nil)
	c.durable.sync = func() error { synced++; return broken }
	ours, theirs := net.Pipe()
	defer theirs.Close()
	if _, err := c.wire.attach(ours, ours); err != nil {
		t.Fatal(err)
	}
	left := make(chan string, 16)
	go func() {
		defer close(left)
		buffer := make([]byte, 64)
		for {
			n, err := theirs.Read(buffer)
			if err != nil {
				return
			}
			left <- string(buffer[:n])
		}
	}()
	write := func(want int) {
		t.Helper()
		if _, err := c.wire.Write([]byte("frame")); err != nil {
			t.Fatal(err)
		}
		if synced != want {
			t.Errorf("synced %d times before the frame, want %d", synced, want)
		}
	}
	write(0)
	c.durable.stepped()
	write(1)
	write(1)
	c.durable.stepped()
	mark := c.durable.mark()
	c.durable.settled(mark) // a commit of ours carried it
	write(1)
	c.durable.settled(mark - 1)
	write(1)

	c.durable.stepped()
	broken = errDisk
	_, _ = c.wire.Write([]byte("unsafe")) // the library meets the end by reading
	for frame := range left {
		if frame != "frame" {
			t.Errorf("%q has left, whose ratchet is not safe", frame)
		}
	}
	if !errors.Is(c.guard.failure(), errDisk) {
		t.Errorf("the guard knows of %v", c.guard.failure())
	}
}
