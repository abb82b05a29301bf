package convert_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The people of the tests.
var (
	self = message.Party{LID: "900@lid", PN: "62811000900@s.whatsapp.net"}
	budi = message.Party{LID: "101@lid", PN: "62811000101@s.whatsapp.net"}
	sari = message.Party{LID: "102@lid", PN: "62811000102@s.whatsapp.net"}

	selfJID, selfPN = lid("900"), number("62811000900")
	budiJID, budiPN = lid("101"), number("62811000101")
	group           = types.NewJID("120363000000000001", types.GroupServer)

	sentAt = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
)

func lid(user string) types.JID    { return types.NewJID(user, types.HiddenUserServer) }
func number(user string) types.JID { return types.NewJID(user, types.DefaultUserServer) }

func converter() *convert.Converter { return &convert.Converter{Self: self} }

// fromBudi is a message of Budi's in the chat with him.
func fromBudi(m *waE2E.Message) *events.Message {
	e := &events.Message{RawMessage: m, Info: types.MessageInfo{
		ID: "3EB0AA", PushName: "Budi", Timestamp: sentAt,
		MessageSource: types.MessageSource{Chat: budiJID, Sender: budiJID, SenderAlt: budiPN},
	}}
	return e.UnwrapRaw()
}

// inGroup is a message of Budi's in a group.
func inGroup(m *waE2E.Message) *events.Message {
	e := fromBudi(m)
	e.Info.Chat, e.Info.IsGroup, e.Info.AddressingMode = group, true, types.AddressingModeLID
	return e
}

// bySelf is a message that the account wrote to Budi on its phone.
func bySelf(m *waE2E.Message) *events.Message {
	e := fromBudi(m)
	e.Info.Sender, e.Info.SenderAlt = selfJID, types.EmptyJID
	e.Info.IsFromMe, e.Info.RecipientAlt = true, budiPN
	return e
}

// received is the one message that an event brings.
func received(t *testing.T, c *convert.Converter, e *events.Message) message.Message {
	t.Helper()
	ins := c.Incoming(context.Background(), e)
	if len(ins) != 1 {
		t.Fatalf("%d things came of the message, want 1: %+v", len(ins), ins)
	}
	m, ok := ins[0].(message.Message)
	if !ok {
		t.Fatalf("%T came of the message", ins[0])
	}
	return m
}

func familyJSON(t *testing.T, raw []byte) json.RawMessage {
	t.Helper()
	said, err := convert.FamilyJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// golden compares a value's JSON with a file in testdata.
func golden(t *testing.T, name string, value any) {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", filepath.FromSlash(name)+".json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run the test with -update once)", err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if it should:\n%s", file, diff)
	}
}

// goldenMessage keeps what becomes of a message: its content, and what programs of the
// family read.
func goldenMessage(t *testing.T, name string, e *events.Message) message.Message {
	t.Helper()
	m := received(t, converter(), e)
	golden(t, "in/"+name, struct {
		Content message.Content
		Family  json.RawMessage
	}{m.Content, familyJSON(t, m.Raw)})
	return m
}

// goldenContents does so for several messages of Budi's.
func goldenContents(t *testing.T, cases map[string]*waE2E.Message) {
	t.Helper()
	for name, m := range cases {
		t.Run(name, func(t *testing.T) { goldenMessage(t, name, fromBudi(m)) })
	}
}

func conversation(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

// randomness is the same in every run.
func randomness() *strings.Reader { return strings.NewReader(strings.Repeat("0123456789abcdef", 8)) }

func key(id string, fromMe bool, participant string) *waCommon.MessageKey {
	k := &waCommon.MessageKey{ID: proto.String(id), FromMe: proto.Bool(fromMe), RemoteJID: proto.String("somewhere@lid")}
	if participant != "" {
		k.Participant = proto.String(participant)
	}
	return k
}

func newsletterEdit() *events.NewsletterMessageMeta {
	return &events.NewsletterMessageMeta{EditTS: sentAt.Add(time.Minute), OriginalTS: sentAt}
}

// webMessage is a message as phones hand it over once more.
func webMessage(m *waE2E.Message) *waWeb.WebMessageInfo {
	return &waWeb.WebMessageInfo{
		Key: key("3EB0AA", false, ""), Message: m, MessageTimestamp: proto.Uint64(uint64(sentAt.Unix())), PushName: proto.String("Budi"),
	}
}
