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

// What a message that arrives has done to a session is not undone by one that was begun
// before: that one is begun anew.
func TestSessionTurnedMeanwhile(t *testing.T) {
	const address = "123_1:2"
	jid := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, jid)
	device, err := c.load(t.Context(), jid.String(), &guard{})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := device.LIDs.(*stores)
	begin := func() {
		t.Helper()
		if _, err := s.GetManySessions(t.Context(), []string{address}); err != nil {
			t.Fatal(err)
		}
	}
	end := func(session string) error {
		return s.PutManySessions(t.Context(), map[string][]byte{address: []byte(session)})
	}
	for _, arrives := range []string{"the first of somebody", "the next"} {
		begin()
		if err := s.PutSession(t.Context(), address, []byte(arrives)); err != nil {
			t.Fatal(err)
		}
		if err := end("begun before"); !errors.Is(err, errSessionTurned) {
			t.Errorf("after %s: %v", arrives, err)
		}
		if is, err := s.GetSession(t.Context(), address); err != nil || string(is) != arrives {
			t.Errorf("the session is %q, %v", is, err)
		}
	}
	begin()
	if err := end("sent"); err != nil {
		t.Errorf("alone: %v", err)
	}

	// The same for a single device.
	alone := func(session string) error { return s.PutSession(t.Context(), address, []byte(session)) }
	get := func() (session string) {
		t.Helper()
		is, err := s.GetSession(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return string(is)
	}
	get()
	if err := alone("asked for again"); err != nil {
		t.Errorf("alone: %v", err)
	}
	get()
	begin()
	if err := end("sent meanwhile"); err != nil {
		t.Errorf("sent meanwhile: %v", err)
	}
	if err := alone("asked for again"); !errors.Is(err, errSessionTurned) || get() != "sent meanwhile" {
		t.Errorf("over what was sent: %v, %q", err, get())
	}
}
