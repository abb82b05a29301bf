//go:build !race

// When two devices ask at once for the same message of a group again, the library
// writes the sender key into its one copy of that message from two goroutines
// (handleRetryReceipt). The race detector meets that, so this runs without it.

package router_test

import (
	"testing"

	"wadah/session/sandbox"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/sandboxtest"
)

func TestUndecryptableGroupMessagesComeAgain(t *testing.T) {
	w := newWorld(t)
	group := w.group()
	for _, words := range []string{"with its key", "without"} {
		w.inject(w.b.Store.ID.String(), sandbox.Fault{Kind: sandbox.FaultUndecryptable})
		w.inject(phoneC+"@s.whatsapp.net", sandbox.Fault{Kind: sandbox.FaultUndecryptable})
		sent, err := w.a.SendMessage(t.Context(), group, text(words))
		if err != nil {
			t.Fatal(err)
		}
		sandboxtest.WaitUntil(w.b, messageWith(words))
		w.shows(w.phone(phoneC), sent.ID, func(m chat.Message) bool { return m.Kind == chat.Text && m.Text == words })
	}
}
