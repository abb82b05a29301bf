package convert_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// Every field that a message can have becomes something, or nothing on purpose. After an
// update of the library this tells what WhatsApp has added.
func TestEveryField(t *testing.T) {
	became := map[string]string{}
	fields := (&waE2E.Message{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field, m := fields.Get(i), &waE2E.Message{}
		if field.Message() == nil {
			m.ProtoReflect().Set(field, protoreflect.ValueOfString("halo"))
		} else {
			part := m.ProtoReflect().Mutable(field).Message()
			if wrapper, ok := part.Interface().(*waE2E.FutureProofMessage); ok {
				wrapper.Message = conversation("halo")
			}
		}
		name := string(field.Name())
		became[name] = "nothing"
		for _, in := range converter().Incoming(context.Background(), fromBudi(m)) {
			content := in.(message.Message).Content
			became[name] = strings.TrimSpace(string(content.Kind) + " " + content.Note)
		}
	}
	golden(t, "fields", became)
}

// A message that the library took out of what the phone sent again is what it is now,
// under the id it had first.
func TestResentByThePhone(t *testing.T) {
	whole := edit(true, "", conversation("jam empat"))
	cli := client(t, selfPN, selfJID)
	e, err := cli.ParseWebMessage(budiJID, webMessage(whole))
	if err != nil {
		t.Fatal(err)
	}
	m := received(t, converter(), e)
	if m.ID != "3EB0B1" || m.Content.Kind != message.KindText || m.Content.Text != "jam empat" {
		t.Errorf("it became %+v", m)
	}
	if got := string(familyJSON(t, m.Raw)); got != `{"conversation":"jam empat"}` {
		t.Errorf("what is kept of it reads %s", got)
	}
}

// What is kept of a message that was written on the phone is what others got, with the
// secret that stands beside it.
func TestDeviceSent(t *testing.T) {
	m := received(t, converter(), bySelf(&waE2E.Message{
		DeviceSentMessage:  &waE2E.DeviceSentMessage{DestinationJID: proto.String(budi.LID), Message: conversation("halo")},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte("secret")},
	}))
	if got := string(familyJSON(t, m.Raw)); got != `{"conversation":"halo","messageContextInfo":{"messageSecret":"c2VjcmV0"}}` {
		t.Errorf("what is kept reads %s", got)
	}
}

// The event is not changed: others get it too.
func TestEventStaysAsItIs(t *testing.T) {
	m := &waE2E.Message{
		ImageMessage:                 imageMessage(),
		SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{GroupID: proto.String("x")},
	}
	before := proto.CloneOf(m)
	received(t, converter(), fromBudi(m))
	if !proto.Equal(before, m) {
		t.Error("reading a message changed it")
	}
}

// quotes is a message that answers one that answers one, and so on.
func quotes(depth int) *waE2E.Message {
	m := conversation("yang pertama")
	for range depth {
		m = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text:        proto.String("jawaban"),
			ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("3EB0B1"), Participant: proto.String("101@lid"), QuotedMessage: m},
		}}
	}
	return m
}

// wraps is a message in that many wrappers.
func wraps(depth int, m *waE2E.Message) *waE2E.Message {
	for i := range depth {
		switch i % 3 {
		case 0:
			m = &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: m}}
		case 1:
			m = &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{Message: m}}
		default:
			m = &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{Message: m}}
		}
	}
	return m
}

// edits is an edit of an edit, and so on.
func edits(depth int) *waE2E.Message {
	m := conversation("yang terakhir")
	for range depth {
		m = edit(true, "", m)
	}
	return m
}

// mess is every kind of message at once, with everything too long.
func mess() *waE2E.Message {
	long := strings.Repeat("\x00\xff\u202eé", 100_000)
	m := &waE2E.Message{}
	fill(m.ProtoReflect(), long, 0)
	return m
}

func fill(m protoreflect.Message, long string, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.Kind() == protoreflect.StringKind && !field.IsList():
			m.Set(field, protoreflect.ValueOfString(long[:min(len(long), 300_000>>(3*depth))]))
		case field.Kind() == protoreflect.BytesKind && !field.IsList():
			m.Set(field, protoreflect.ValueOfBytes([]byte(long[:100])))
		case field.Message() != nil && !field.IsList() && !field.IsMap() && depth < 2:
			fill(m.Mutable(field).Message(), long, depth+1)
		}
	}
}

// Whatever strangers write is held to the limits.
func TestHostileMessages(t *testing.T) {
	long := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text:        proto.String(strings.Repeat("\x00a\xff🙂", 50_000)),
		ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("3EB0B1"), QuotedMessage: conversation(strings.Repeat("é", 50_000))},
	}}
	for range 5000 {
		long.ExtendedTextMessage.ContextInfo.MentionedJID = append(long.ExtendedTextMessage.ContextInfo.MentionedJID, "101@lid")
	}
	poll := &waE2E.PollCreationMessage{Name: proto.String(strings.Repeat("a", 5000)), SelectableOptionsCount: proto.Uint32(1 << 31)}
	for range 500 {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: proto.String(strings.Repeat("b", 5000))})
	}
	for name, m := range map[string]*waE2E.Message{
		"long text": long, "long poll": {PollCreationMessage: poll}, "quotes": quotes(100), "thousands of quotes": quotes(5000),
		"wrappers": wraps(10, conversation("x")), "wrappers without end": wraps(3000, conversation("x")), "edits": edits(100), "mess": mess(),
	} {
		t.Run(name, func(t *testing.T) {
			got := received(t, converter(), fromBudi(m))
			checkBounds(t, got)
			if strings.HasPrefix(name, "long") && !got.Content.Cut {
				t.Error("it was cut and does not say so")
			}
		})
	}
	if got := received(t, converter(), fromBudi(quotes(100))).Content; got.Text != "jawaban" || got.Quote.Text != "jawaban" {
		t.Errorf("quotes in quotes are %+v", got)
	}
	if got := received(t, converter(), fromBudi(wraps(10, conversation("x")))).Content; got.Text != "x" || !got.ViewOnce {
		t.Errorf("ten wrappers are %+v", got)
	}
	if got := received(t, converter(), fromBudi(wraps(3000, conversation("x")))).Content; got.Kind != message.KindUnknown {
		t.Errorf("wrappers without end are %+v", got)
	}
}

// checkBounds fails where something is kept that cannot be stored or is too long.
func checkBounds(t *testing.T, m message.Message) {
	t.Helper()
	content, err := json.Marshal(m.Content)
	if err != nil {
		t.Fatalf("its JSON: %v", err)
	}
	if _, err := json.Marshal(m.Envelope); err != nil {
		t.Fatalf("its envelope's JSON: %v", err)
	}
	if len(content) > 1<<20 {
		t.Errorf("the content has %d bytes", len(content))
	}
	if bytes.Contains(content, []byte(`\u0000`)) {
		t.Error("there is a NUL in the content")
	}
	for _, s := range []string{m.Content.Text, m.PushName, m.ID, m.Content.Emoji} {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") || len(s) > message.MaxText {
			t.Errorf("a text of %d bytes is kept that is not fit", len(s))
		}
	}
	if m.Content.Kind == "" {
		t.Error("it has no kind")
	}
	if len(m.Raw) > message.MaxRaw {
		t.Errorf("the protobuf has %d bytes", len(m.Raw))
	}
	family, err := convert.FamilyJSON(m.Raw)
	if err != nil {
		t.Fatalf("what is kept cannot be read: %v", err)
	}
	if !json.Valid(family) || bytes.Contains(family, []byte(`\u0000`)) {
		t.Errorf("programs of the family read %.200s", family)
	}
}

// Previews are ten times as long as all the rest, and in quotes too.
func TestPreviewsAreNotKept(t *testing.T) {
	picture := bytes.Repeat([]byte("p"), 50_000)
	image := imageMessage()
	image.JPEGThumbnail = picture
	m := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("lihat"), JPEGThumbnail: picture, InviteLinkParentGroupThumbnailV2: picture,
		ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String("3EB0B1"), QuotedMessage: &waE2E.Message{ImageMessage: image},
			ExternalAdReply: &waE2E.ContextInfo_ExternalAdReplyInfo{Title: proto.String("Iklan"), Thumbnail: picture},
			QuotedAd:        &waE2E.ContextInfo_AdReplyInfo{JPEGThumbnail: picture},
		},
	}}
	kept := received(t, converter(), fromBudi(m)).Raw
	if len(kept) > 700 || bytes.Contains(kept, []byte("ppp")) {
		t.Errorf("%d bytes are kept", len(kept))
	}
	if !bytes.Contains(kept, fileKey) || !bytes.Contains(kept, []byte("Iklan")) {
		t.Error("more was taken out than previews")
	}
}

func TestTooLongToKeep(t *testing.T) {
	m := received(t, converter(), fromBudi(&waE2E.Message{
		Conversation: proto.String("halo"), Chat: &waE2E.Chat{DisplayName: proto.String(strings.Repeat("a", message.MaxRaw))},
	}))
	if m.Raw != nil || m.Content.Text != "halo" {
		t.Errorf("%d bytes are kept of it, and %q", len(m.Raw), m.Content.Text)
	}
}

// WhatsApp's schema demands fields that a stranger may leave out.
func TestRequiredFieldsLeftOut(t *testing.T) {
	m := received(t, converter(), fromBudi(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("halo"), EndCardTiles: []*waE2E.VideoEndCard{{}},
	}}))
	if got := string(familyJSON(t, m.Raw)); got != `{"extendedTextMessage":{"text":"halo","endCardTiles":[{}]}}` {
		t.Errorf("programs read %s", got)
	}
}

func TestFamilyJSONOfNoMessage(t *testing.T) {
	if got, err := convert.FamilyJSON([]byte{0xff, 0xff}); err == nil {
		t.Errorf("no message reads %s", got)
	}
	if got := string(familyJSON(t, nil)); got != "{}" {
		t.Errorf("nothing reads %s", got)
	}
}
