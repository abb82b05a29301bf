package convert_test

import (
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
)

func TestText(t *testing.T) {
	goldenContents(t, map[string]*waE2E.Message{
		"text": conversation("Halo, apa kabar? 👋\nBaris kedua"),
		"text-extended": {ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("lihat https://example.com"), MatchedText: proto.String("https://example.com"),
			Title: proto.String("Contoh"), JPEGThumbnail: []byte("a picture"),
		}},
		"text-answer": {ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("setuju @102"),
			ContextInfo: &waE2E.ContextInfo{
				StanzaID: proto.String("3EB0BB"), Participant: proto.String("900@lid"),
				QuotedMessage: conversation("besok jadi?"),
				MentionedJID:  []string{"102@lid", "62811000900@s.whatsapp.net", "nobody"},
			},
		}},
		"text-story-answer": {ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("bagus"),
			ContextInfo: &waE2E.ContextInfo{
				StanzaID: proto.String("3EB0CC"), Participant: proto.String("900@lid"), RemoteJID: proto.String("status@broadcast"),
				QuotedMessage: &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("liburan")}},
			},
		}},
		"text-disappearing": {EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			ExtendedTextMessage: &waE2E.ExtendedTextMessage{
				Text: proto.String("sebentar saja"),
				ContextInfo: &waE2E.ContextInfo{
					Expiration: proto.Uint32(86400), EphemeralSettingTimestamp: proto.Int64(1_790_000_000),
					IsForwarded: proto.Bool(true), ForwardingScore: proto.Uint32(2), NonJIDMentions: proto.Uint32(1),
				},
			},
		}}},
		"text-wrapped": {GroupMentionedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			BotInvokeMessage: &waE2E.FutureProofMessage{Message: conversation("di dalam")},
		}}},
		"text-group-story": {GroupStatusMessageV2: &waE2E.FutureProofMessage{Message: conversation("cerita")}},
	})
}

// A quote is never longer than an answer may be.
func TestLongQuote(t *testing.T) {
	out := message.Outgoing{
		To: message.ChatWith(budi), Original: raw(t, conversation(strings.Repeat("a", message.MaxText+1))),
		Content: message.Content{
			Kind: message.KindText, Text: "ya", Quote: &message.Quote{Ref: message.Ref{ID: "3EB0BB"}, Text: strings.Repeat("a", message.MaxText)},
		},
	}
	m, err := converter().Build(out, randomness())
	if got := len(m.GetExtendedTextMessage().GetContextInfo().GetQuotedMessage().GetConversation()); err != nil || got != message.MaxQuote {
		t.Errorf("%d bytes are quoted, %v", got, err)
	}
}

func TestSendText(t *testing.T) {
	goldenOutgoing(t, map[string]message.Outgoing{
		"text":         {Content: message.Content{Kind: message.KindText, Text: "Halo"}},
		"text-expires": {Content: message.Content{Kind: message.KindText, Text: "Halo", Timer: 24 * time.Hour, TimerAt: 1_790_000_000}},
		"text-answer": {
			Content: message.Content{
				Kind: message.KindText, Text: "ya @62811000102, @628110001029 dan @102",
				Quote:    &message.Quote{Ref: message.Ref{ID: "3EB0BB"}, Text: "besok jadi?"},
				Mentions: []message.Party{sari},
			},
		},
		"text-answer-group-pn": {
			To: message.ChatAt(group.String()), Addressing: message.AddressingPN,
			Content: message.Content{
				Kind: message.KindText, Text: "ya @102", Everyone: true,
				Quote:    &message.Quote{Ref: message.Ref{ID: "3EB0BB", Sender: budi}, Text: "besok jadi?"},
				Mentions: []message.Party{sari},
			},
		},
		"text-answer-to-poll": {
			Content: message.Content{Kind: message.KindText, Text: "yang kedua", Quote: &message.Quote{Ref: message.Ref{ID: "3EB0BB"}}},
			Original: raw(t, &waE2E.Message{
				PollCreationMessage: &waE2E.PollCreationMessage{
					Name: proto.String("Makan di mana?"), Options: []*waE2E.PollCreationMessage_Option{{OptionName: proto.String("Padang")}},
				},
				MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("theirs")},
			}),
		},
		"text-answer-seen-once": {
			Content: message.Content{
				Kind: message.KindText, Text: "sudah lihat", Quote: &message.Quote{Ref: message.Ref{ID: "3EB0BB"}, Text: "foto"},
			},
			Original: raw(t, &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: &waE2E.Message{ImageMessage: imageMessage()}}}),
		},
		"text-answer-own": {
			Content: message.Content{
				Kind: message.KindText, Text: "ralat",
				Quote: &message.Quote{Ref: message.Ref{ID: "3EB0BB", FromMe: true}},
			},
			Original: raw(t, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
				Text:        proto.String("jam tiga"),
				ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("3EB000"), QuotedMessage: conversation("jam berapa?")},
			}, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("a secret")}}),
		},
	})
}
