package router_test

import (
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
)

// say lets the client of a write to b.
func (w *world) say(message *waE2E.Message) string {
	w.t.Helper()
	sent, err := w.a.SendMessage(w.t.Context(), number(sandboxtest.PhoneB), message)
	if err != nil {
		w.t.Fatal(err)
	}
	return sent.ID
}

func TestNotesToOneself(t *testing.T) {
	w := newWorld(t)
	second, _ := sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	sent, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneA), text("do not forget"))
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.ana, sent.ID, func(m chat.Message) bool {
		return m.FromMe && m.Text == "do not forget" && m.Number == sandboxtest.PhoneA
	})
	got := sandboxtest.WaitUntil(second, messageWith("do not forget"))
	if !got.Info.IsFromMe || got.Info.Chat.User != w.a.Store.LID.User && got.Info.Chat.User != sandboxtest.PhoneA {
		t.Errorf("second device got %+v", got.Info)
	}
	if _, err := w.ana.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{Text: "from the phone to itself"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*sandboxtest.Client{w.a, second} {
		sandboxtest.WaitUntil(c, messageWith("from the phone to itself"))
	}
}

func TestOwnDevicesSeeEverything(t *testing.T) {
	w := newWorld(t)
	second, _ := sandboxtest.Link(t, w.s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	id := w.say(text("from the first"))
	own := sandboxtest.WaitUntil(second, messageWith("from the first"))
	if !own.Info.IsFromMe || own.Info.ID != id || own.Info.Chat.User != sandboxtest.PhoneB && own.Info.RecipientAlt.User != sandboxtest.PhoneB {
		t.Errorf("second device got %+v", own.Info)
	}
	sent := w.write("to both")
	got := sandboxtest.WaitUntil(w.a, messageWith("to both"))
	sandboxtest.WaitUntil(second, messageWith("to both"))
	// What one of them reads is read on the others, and the writer sees it.
	if err := w.a.MarkRead(t.Context(), []string{sent.ID}, got.Info.Timestamp, got.Info.Chat, got.Info.Sender); err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(second, func(r *events.Receipt) bool {
		return r.MessageIDs[0] == sent.ID && r.IsFromMe && (r.Type == types.ReceiptTypeRead || r.Type == types.ReceiptTypeReadSelf)
	})
	w.shows(w.ana, sent.ID, func(m chat.Message) bool { return m.Seen })
	w.shows(w.budi, sent.ID, func(m chat.Message) bool { return m.Status == chat.Read })
}

func TestClientsSayEverythingToPhones(t *testing.T) {
	w := newWorld(t)
	lid := w.b.Store.LID.ToNonAD()
	id := w.say(text("first"))
	seen := func(is func(chat.Message) bool) { t.Helper(); w.shows(w.budi, id, is) }
	seen(func(m chat.Message) bool {
		return m.Kind == chat.Text && m.Text == "first" && m.Number == sandboxtest.PhoneA
	})
	w.say(w.a.BuildReaction(number(sandboxtest.PhoneB), w.a.Store.ID.ToNonAD(), id, "🙏"))
	seen(func(m chat.Message) bool { return len(m.Reactions) == 1 && m.Reactions[0].Emoji == "🙏" })
	w.say(w.a.BuildReaction(number(sandboxtest.PhoneB), w.a.Store.ID.ToNonAD(), id, ""))
	seen(func(m chat.Message) bool { return len(m.Reactions) == 0 })
	w.say(w.a.BuildEdit(number(sandboxtest.PhoneB), id, text("second")))
	seen(func(m chat.Message) bool { return m.Edited && m.Text == "second" })
	w.say(w.a.BuildRevoke(number(sandboxtest.PhoneB), types.EmptyJID, id))
	seen(func(m chat.Message) bool { return m.Revoked })

	for _, test := range []struct {
		message *waE2E.Message
		is      func(chat.Message) bool
	}{
		{&waE2E.Message{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-6.2), DegreesLongitude: proto.Float64(106.8), Name: proto.String("Monas")}}, func(m chat.Message) bool {
			return m.Kind == chat.Location && m.Place.Latitude == -6.2 && m.Place.Name == "Monas"
		}},
		{&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Wati"), Vcard: proto.String("BEGIN:VCARD")}}, func(m chat.Message) bool {
			return m.Kind == chat.Contact && m.Card.Name == "Wati" && m.Card.Vcard == "BEGIN:VCARD"
		}},
		{&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("@x hello"), ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{lid.String()}}}}, func(m chat.Message) bool {
			return m.Kind == chat.Text && len(m.Mentions) == 1
		}},
		{&waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, nil}, // a vote for nothing shows nothing
		{&waE2E.Message{ListMessage: &waE2E.ListMessage{Title: proto.String("menu")}}, func(m chat.Message) bool { return m.Kind == chat.Unknown }},
	} {
		id := w.say(test.message)
		if test.is != nil {
			w.shows(w.budi, id, test.is)
		}
	}
}

func TestPollsAreAnsweredBothWays(t *testing.T) {
	w := newWorld(t)
	poll := w.say(w.a.BuildPollCreation("Lunch?", []string{"yes", "no"}, 1))
	shown := w.shows(w.budi, poll, func(m chat.Message) bool { return m.Kind == chat.Poll })
	if shown.Text != "Lunch?" || len(shown.Question.Options) != 2 {
		t.Errorf("phone shows %+v", shown)
	}
	if err := w.budi.Vote(t.Context(), sandboxtest.PhoneA, poll, []string{"no"}); err != nil {
		t.Fatal(err)
	}
	vote := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Message.GetPollUpdateMessage() != nil })
	if chosen, err := w.a.DecryptPollVote(t.Context(), vote); err != nil || len(chosen.GetSelectedOptions()) != 1 {
		t.Errorf("vote: %v %v", chosen, err)
	}
	asked, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{Text: "Dinner?", Question: &chat.Question{Options: []string{"rice", "noodles"}}})
	if err != nil {
		t.Fatal(err)
	}
	got := sandboxtest.WaitUntil(w.a, func(m *events.Message) bool { return m.Info.ID == asked.ID })
	ballot, err := w.a.BuildPollVote(t.Context(), &got.Info, []string{"rice", "noodles"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.a.SendMessage(t.Context(), got.Info.Chat, ballot); err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, asked.ID, func(m chat.Message) bool {
		return len(m.Question.Votes) == 1 && len(m.Question.Votes[0].Options) == 2
	})
}

func TestPhonesActByThemselves(t *testing.T) {
	w := newWorld(t)
	w.budi.SetPolicy(handset.Policy{Read: true, Answer: "I am on my way"})
	id := w.say(text("where are you?"))
	answer := sandboxtest.WaitUntil(w.a, messageWith("I am on my way"))
	if quoted := answer.Message.GetExtendedTextMessage().GetContextInfo().GetStanzaID(); quoted != id {
		t.Errorf("answer quotes %q", quoted)
	}
	sandboxtest.WaitUntil(w.a, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == id })
	// Two phones that answer do not answer each other for ever.
	w.ana.SetPolicy(handset.Policy{Answer: "echo"})
	w.write("who begins?")
	w.quiet()
	if shown := w.ana.Book().Messages(w.b.Store.LID.ToNonAD().String(), 100); len(shown) > 10 {
		t.Errorf("%d messages", len(shown))
	}
}

func TestPhoneWithoutNetworkGetsItLater(t *testing.T) {
	w := newWorld(t)
	if err := w.s.SetOnline(sandboxtest.PhoneB, false); err != nil {
		t.Fatal(err)
	}
	id := w.say(text("are you there?"))
	sandboxtest.WaitUntil(w.b, messageWith("are you there?"))
	if len(w.budi.Book().Since(0, 10)) != 0 {
		t.Error("a phone without a network got a message")
	}
	if err := w.s.SetOnline(sandboxtest.PhoneB, true); err != nil {
		t.Fatal(err)
	}
	w.shows(w.budi, id, func(m chat.Message) bool { return m.Text == "are you there?" })
}
