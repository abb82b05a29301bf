package whatsapp

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session"
)

// TestLibraryCanBeGuarded fails on a version of the library that handles other stanzas,
// or whose frames are no longer decoded where that is wrapped.
func TestLibraryCanBeGuarded(t *testing.T) {
	if err := checkLibrary(); err != nil {
		t.Error(err)
	}
	c := newQuietConn(t, types.NewADJID("6281", 0, 1), session.Handler{Signal: func(session.Signal) {}})
	var tags []string
	for _, tag := range reflect.ValueOf(c.cli).Elem().FieldByName("nodeHandlers").MapKeys() {
		tags = append(tags, tag.String())
	}
	slices.Sort(tags)
	if ours := slices.Sorted(maps.Keys(stanzas)); !slices.Equal(tags, ours) {
		t.Errorf("the library handles %v, we %v", tags, ours)
	}
}

// A stanza that makes the library panic ends its connection, and nothing else.
func TestPanicOfAHandler(t *testing.T) {
	ended := make(chan session.Signal, 8)
	c := newQuietConn(t, types.NewADJID("6281", 0, 1), session.Handler{Signal: func(s session.Signal) { ended <- s }})
	c.handle(t.Context(), &waBinary.Node{ // it takes an id for granted
		Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID}, Content: []waBinary.Node{{Tag: "pair-success"}},
	})
	if s, is := (<-ended).(session.SignalClosed); !is || !errors.Is(s.Err, errLibraryFailed) {
		t.Errorf("signal %v, want the end of the connection", s)
	}
}
