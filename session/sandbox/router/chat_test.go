package router_test

import (
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

func number(phone string) types.JID { return types.NewJID(phone, types.DefaultUserServer) }

func TestTwoClientsWriteToEachOther(t *testing.T) {
	s := sandboxtest.Start(t, nil)
	if _, err := s.AddPhone(sandboxtest.PhoneB, "Budi"); err != nil {
		t.Fatal(err)
	}
	a, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	b, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneB)
	sent, err := a.SendMessage(t.Context(), number(sandboxtest.PhoneB), &waE2E.Message{Conversation: proto.String("hello")})
	if err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitFor[*events.Message](b, 1)
	if got.Message.GetConversation() != "hello" || got.Info.ID != sent.ID {
		t.Errorf("got %+v", got)
	}
	t.Logf("%+v", got.Info)
	t.Logf("%+v", s.Stats())
}
