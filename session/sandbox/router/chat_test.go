package router_test

import (
	"context"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox"
	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

func number(phone string) types.JID { return types.NewJID(phone, types.DefaultUserServer) }

// world is two phones with one linked client each.
type world struct {
	t    *testing.T
	s    *sandbox.Service
	a, b *sandboxtest.Client
	// the phones of a and b
	ana, budi *handset.Phone
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, s: sandboxtest.Start(t, nil)}
	if _, err := w.s.AddPhone(sandboxtest.PhoneB, "Budi"); err != nil {
		t.Fatal(err)
	}
	w.a, _ = sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	w.b, _ = sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneB)
	w.ana, w.budi = w.phone(sandboxtest.PhoneA), w.phone(sandboxtest.PhoneB)
	t.Cleanup(func() {
		for _, v := range w.s.Violations().All() {
			t.Errorf("violation: %s", v)
		}
		if unknown := w.s.Stats().Unknown; len(unknown) > 0 {
			t.Errorf("unknown requests: %v", unknown)
		}
	})
	return w
}

func (w *world) phone(number string) *handset.Phone {
	w.t.Helper()
	p, err := w.s.Phone(number)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func text(words string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(words)} }

func messageWith(words string) func(*events.Message) bool {
	return func(m *events.Message) bool {
		return m.Message.GetConversation() == words || m.Message.GetExtendedTextMessage().GetText() == words
	}
}

func TestTwoClientsWriteToEachOther(t *testing.T) {
	w := newWorld(t)
	sent, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), text("hello"))
	if err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitUntil(w.b, messageWith("hello"))
	if got.Info.ID != sent.ID || got.Info.IsFromMe || got.Info.PushName != "Ana" {
		t.Errorf("b got %+v", got.Info)
	}
	// The phones of both have it: one as its own, the other as received.
	w.shows(w.ana, sent.ID, func(m chat.Message) bool { return m.FromMe && m.Text == "hello" && m.Status == chat.Delivered })
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return !m.FromMe && m.Text == "hello" })
	sandboxtest.WaitUntil(w.a, func(r *events.Receipt) bool {
		return r.Type == types.ReceiptTypeDelivered && r.MessageIDs[0] == sent.ID && !r.IsFromMe
	})
	// And back, from the other client.
	if _, err := w.b.SendMessage(t.Context(), got.Info.Chat, text("hello back")); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(w.a, messageWith("hello back"))
}

// shows waits until a phone shows a message as it is wanted.
func (w *world) shows(p *handset.Phone, id string, is func(chat.Message) bool) chat.Message {
	w.t.Helper()
	changes, stop := p.Book().Watch()
	defer stop()
	ctx, cancel := context.WithTimeout(w.t.Context(), sandboxtest.Patience)
	defer cancel()
	for {
		for _, m := range p.Book().Since(0, 1000) {
			if m.ID == id && is(m) {
				return m
			}
		}
		select {
		case <-changes:
		case <-ctx.Done():
			w.t.Fatalf("the phone never shows message %s as wanted; it has %+v", id, p.Book().Since(0, 1000))
		}
	}
}

func TestPhoneWritesToAClient(t *testing.T) {
	w := newWorld(t)
	sent, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{Text: "from the phone"})
	if err != nil || sent.Status == chat.Failed {
		t.Fatalf("%+v %v", sent, err)
	}
	got := sandboxtest.WaitUntil(w.a, messageWith("from the phone"))
	if got.Info.ID != sent.ID || got.Info.Sender.Device != 0 {
		t.Errorf("a got %+v", got.Info)
	}
	own := sandboxtest.WaitUntil(w.b, messageWith("from the phone"))
	if !own.Info.IsFromMe || own.Info.RecipientAlt.User != sandboxtest.PhoneA {
		t.Errorf("b got %+v", own.Info)
	}
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Status == chat.Delivered })
	if err := w.a.MarkRead(t.Context(), []string{sent.ID}, got.Info.Timestamp, got.Info.Chat, got.Info.Sender); err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Status == chat.Read })
}

var timeZero time.Time
