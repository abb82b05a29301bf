package convert_test

import (
	"context"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// FuzzMessage: whatever bytes somebody encrypts for us, what becomes of them can be
// stored, shown, quoted and passed on, or is refused.
func FuzzMessage(f *testing.F) {
	seeds := []*waE2E.Message{
		conversation("halo"), quotes(3), wraps(4, conversation("x")), edits(3), history(),
		{ImageMessage: imageMessage()},
		{TemplateMessage: template()},
		{ReactionMessage: &waE2E.ReactionMessage{Key: key("3EB0B1", false, "102@lid"), Text: proto.String("👍")}},
		{ContactMessage: &waE2E.ContactMessage{Vcard: proto.String(card)}},
		{PollCreationMessage: &waE2E.PollCreationMessage{Name: proto.String("?"), Options: []*waE2E.PollCreationMessage_Option{nil}}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{Vote: &waE2E.PollEncValue{EncIV: make([]byte, 12), EncPayload: make([]byte, 16)}}},
		{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{EncIV: make([]byte, 12), SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum()}},
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-6)}},
	}
	for i, m := range seeds {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, byte(i), "3EB0AA", "Budi")
	}
	f.Fuzz(func(t *testing.T, b []byte, how byte, id, pushName string) {
		m := &waE2E.Message{}
		if proto.Unmarshal(b, m) != nil {
			return // the library would not hand it over
		}
		e := fromBudi(m)
		if how&1 != 0 {
			e = inGroup(m)
		}
		if how&2 != 0 {
			e = bySelf(m)
		}
		if how&4 != 0 {
			e.Info.Edit = types.EditAttributeAdminRevoke
		}
		e.Info.ID, e.Info.PushName = id, pushName
		opening := &convert.Converter{Self: self, Open: echo{m}}
		for _, in := range opening.Incoming(context.Background(), e) {
			switch in := in.(type) {
			case message.Message:
				checkBounds(t, in)
				checkReuse(t, in)
			case message.History:
				if !e.Info.IsFromMe {
					t.Error("a stranger's history was taken")
				}
			case message.Pair:
				if !e.Info.IsFromMe || in.Person.LID == "" || in.Person.PN == "" {
					t.Errorf("a pair is %+v, from me: %v", in, e.Info.IsFromMe)
				}
			default:
				t.Errorf("%T came of a message", in)
			}
		}
	})
}

// checkReuse passes a message on, quotes it and changes its caption.
func checkReuse(t *testing.T, m message.Message) {
	t.Helper()
	to := message.ChatWith(sari)
	for _, out := range []message.Outgoing{
		{To: to, Forward: &message.Ref{ID: m.ID}, Original: m.Raw},
		{To: to, Original: m.Raw, Content: message.Content{Kind: message.KindText, Text: "ya", Quote: &message.Quote{Ref: message.Ref{ID: "x"}, Text: "?"}}},
		{To: to, Original: m.Raw, Content: message.Content{
			Kind: message.KindEdit, Target: &message.Ref{ID: "x", FromMe: true}, New: &message.Content{Kind: message.KindImage, Text: "lain"},
		}},
	} {
		raw, err := converter().Encode(out, randomness())
		if err != nil {
			continue // refused, which is right for most kinds
		}
		sent, err := convert.Decode(raw)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if len(sent.GetMessageContextInfo().GetMessageSecret()) != 32 {
			t.Error("it is sent without a secret of its own")
		}
		if got := len(converter().Incoming(context.Background(), fromBudi(sent))); got != 1 {
			t.Errorf("its recipient gets %d messages", got)
		}
	}
}

// echo opens everything, and finds a hostile message in it.
type echo struct{ m *waE2E.Message }

func (e echo) DecryptReaction(context.Context, *events.Message) (*waE2E.ReactionMessage, error) {
	return &waE2E.ReactionMessage{Text: proto.String(e.m.GetConversation())}, nil
}

func (e echo) DecryptComment(context.Context, *events.Message) (*waE2E.Message, error) {
	return e.m, nil
}

func (e echo) DecryptPollVote(context.Context, *events.Message) (*waE2E.PollVoteMessage, error) {
	return &waE2E.PollVoteMessage{SelectedOptions: [][]byte{nil, []byte(e.m.GetConversation()), make([]byte, 32)}}, nil
}

func (e echo) DecryptSecretEncryptedMessage(context.Context, *events.Message) (*waE2E.Message, error) {
	return e.m, nil
}

// FuzzFamilyJSON: of every message there is JSON, and of what is none an error.
func FuzzFamilyJSON(f *testing.F) {
	for _, m := range []*waE2E.Message{conversation("a\x00\xff"), quotes(3), wraps(4, conversation("x")), {TemplateMessage: template()}} {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := convert.FamilyJSON(b)
		if err != nil {
			return
		}
		if !json.Valid(got) || !utf8.Valid(got) || len(got) > 100*len(b)+1000 {
			t.Errorf("%x reads %s", b, got)
		}
	})
}
