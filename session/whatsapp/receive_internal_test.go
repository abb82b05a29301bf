package whatsapp

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session"
	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// rash panics at everything that it is to open.
type rash struct{ convert.Opener }

func (rash) DecryptPollVote(context.Context, *events.Message) (*waE2E.PollVoteMessage, error) {
	panic("what strangers write")
}

// receiver is a connection that accepts into a list, with fail as the last word.
func receiver(fail error) (*conn, *[]message.Incoming) {
	var got []message.Incoming
	c := &conn{log: slog.New(slog.DiscardHandler), on: session.Handler{Accept: func(in message.Incoming) error {
		got = append(got, in)
		return fail
	}}}
	c.guard = &guard{fail: func(error) {}}
	c.converter = &convert.Converter{Self: message.PartyOf("6281234567890@s.whatsapp.net"), Open: rash{}}
	return c, &got
}

func vote() *events.Message {
	budi := types.NewJID("111111111111111", types.HiddenUserServer)
	m := &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
		PollCreationMessageKey: &waCommon.MessageKey{ID: proto.String("P1")},
		Vote:                   &waE2E.PollEncValue{EncIV: make([]byte, 12), EncPayload: []byte("x")},
	}}
	return &events.Message{
		Info:    types.MessageInfo{ID: "V1", MessageSource: types.MessageSource{Chat: budi, Sender: budi}},
		Message: m, RawMessage: m,
	}
}

// A message that cannot be read without a panic is accepted by its outside, so that it
// does not come again for ever; the connection goes on.
func TestUnreadableMessage(t *testing.T) {
	c, got := receiver(nil)
	if !c.accept(vote()) || c.guard.failure() != nil {
		t.Fatalf("not accepted: %v", c.guard.failure())
	}
	m, ok := (*got)[0].(message.Message)
	if !ok || len(*got) != 1 || m.ID != "V1" || m.Content.Kind != message.KindUnknown || m.Content.Note != message.NoteOdd {
		t.Errorf("accepted %+v", *got)
	}
	// Of what is no message there is no outside.
	if !c.accept((*events.GroupInfo)(nil)) || len(*got) != 1 || c.guard.failure() != nil {
		t.Errorf("accepted %+v (%v)", *got, c.guard.failure())
	}
}

// What was not accepted is not acknowledged, and nothing after it.
func TestRefusedMessage(t *testing.T) {
	full := errors.New("the disk is full")
	c, got := receiver(full)
	c.converter.Open = nil
	if c.accept(vote()) || !errors.Is(c.guard.failure(), full) {
		t.Fatalf("accepted; failure %v", c.guard.failure())
	}
	if c.accept(vote()) || len(*got) != 1 {
		t.Errorf("%d things were handed over after the first failure", len(*got)-1)
	}
}
