package whatsapp_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"wadah/session"
	"wadah/session/message"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/whatsapp"
)

// Two who never wrote to each other write at the same moment: what the other has written
// arrives while the device prepares its own message. Nothing that comes after is unreadable.
func TestFirstMessagesCross(t *testing.T) {
	r := newRig(t)
	jid := r.link()
	if _, err := r.svc.AddPhone(sari, "Sari"); err != nil {
		t.Fatal(err)
	}
	her, err := r.svc.Phone(sari)
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(t)
	on := w.handler()
	arrived := make(chan string, 100)
	on.Accept = func(in message.Incoming) error {
		switch m := in.(type) {
		case message.Message:
			arrived <- m.Content.Text
		case message.Undecryptable:
			arrived <- "undecryptable"
		}
		return nil
	}
	conn, err := r.drv.Dial(t.Context(), session.Target{DeviceID: "dev", JID: jid}, on)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	await[session.SignalOnline](w)
	eventually(t, "WhatsApp has one-time keys for those who write first", func() bool { return r.svc.Stats().PreKeys > 0 })

	writes := func(text string) {
		t.Helper()
		if _, err := her.Write(t.Context(), number, handset.Draft{Text: text}); err != nil {
			t.Error(err)
		}
		select {
		case got := <-arrived:
			if got != text {
				t.Errorf("%q arrived as %q", text, got)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%q did not arrive", text)
		}
	}
	// She knows nothing of our message while it has not left: she goes on with the session
	// that she has begun.
	var read, written sync.Once
	whatsapp.WhileSending(conn,
		func() { read.Do(func() { writes("silang") }) },
		func() { written.Do(func() { writes("sekali lagi") }) })
	out := message.Outgoing{
		To:      message.ChatWith(message.PartyOf(sari + "@s.whatsapp.net")),
		Content: message.Content{Kind: message.KindText, Text: "juga"},
	}
	raw, err := r.drv.Encode(t.Context(), jid, out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Send(t.Context(), message.Ready{ID: "3EB0AAAAAAAAAAAAAAAAAA", To: out.To, Raw: raw}); err != nil {
		t.Fatal(err)
	}
	writes("sesudah")
	eventually(t, "she has the message", func() bool {
		return slices.ContainsFunc(her.Book().Since(0, 100), func(m chat.Message) bool { return !m.FromMe && m.Text == "juga" })
	})
	if all := r.svc.Violations().All(); len(all) > 0 {
		t.Errorf("violations: %v", all)
	}
}
