package control_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox"
	"wadah/session/sandbox/sandboxtest"
)

// talk is a service with two phones, the first of which has a linked client.
type talk struct {
	t *testing.T
	s *sandbox.Service
	c *sandboxtest.Client
}

func newTalk(t *testing.T) *talk {
	s := sandboxtest.Start(t, withControl)
	if _, err := s.AddPhone(sandboxtest.PhoneB, "Budi"); err != nil {
		t.Fatal(err)
	}
	c, _ := sandboxtest.Link(t, s, sandboxtest.OpenStore(t), sandboxtest.PhoneA)
	return &talk{t: t, s: s, c: c}
}

// do sends a command of Budi's phone, which must succeed.
func (k *talk) do(path, format string, args ...any) map[string]any {
	k.t.Helper()
	return k.as(sandboxtest.PhoneB, path, format, args...)
}

func (k *talk) as(phone, path, format string, args ...any) map[string]any {
	k.t.Helper()
	body := fmt.Sprintf(`{"phone":%q,`+format+`}`, append([]any{phone}, args...)...)
	status, got := post(k.t, k.s, path, body)
	if status != http.StatusOK {
		k.t.Fatalf("%s %s: %d %v", path, body, status, got)
	}
	return got
}

// list asks for a list.
func (k *talk) list(path string) (messages []map[string]any) {
	k.t.Helper()
	status, got := controlCall(k.t, k.s, "GET", path, "", nil)
	if status != http.StatusOK {
		k.t.Fatalf("%s: %d %v", path, status, got)
	}
	for _, one := range got["list"].([]any) {
		messages = append(messages, one.(map[string]any))
	}
	return messages
}

// inbox waits for the message of Budi's phone that is as wanted.
func (k *talk) inbox(wanted func(map[string]any) bool) map[string]any {
	k.t.Helper()
	for after := 0; ; {
		found := k.list(fmt.Sprintf("/inbox?phone=%s&after=%d&wait=30s", sandboxtest.PhoneB, after))
		if len(found) == 0 {
			k.t.Fatalf("nothing as wanted after change %d", after)
		}
		for _, one := range found {
			after = int(one["change"].(float64))
			if wanted(one) {
				return one
			}
		}
	}
}

func TestProgramsChatOnPhones(t *testing.T) {
	k := newTalk(t)
	sent := k.do("/send", `"to":%q,"text":"hello"`, sandboxtest.PhoneA)
	got := sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Info.ID == sent["id"] })
	if got.Message.GetConversation() != "hello" || sent["chat"] != got.Info.SenderAlt.ToNonAD().String() && sent["fromMe"] != true {
		t.Errorf("sent %v, got %+v", sent, got.Info)
	}
	k.inbox(func(m map[string]any) bool { return m["id"] == sent["id"] && m["status"] == "delivered" })

	answer := &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("hello Budi"),
		ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String(got.Info.ID), Participant: proto.String(got.Info.Sender.ToNonAD().String()), QuotedMessage: got.Message,
		},
	}}
	reply, err := k.c.SendMessage(t.Context(), got.Info.Chat, answer)
	if err != nil {
		t.Fatal(err)
	}
	came := k.inbox(func(m map[string]any) bool { return m["id"] == reply.ID })
	if quote := came["quote"].(map[string]any); came["text"] != "hello Budi" || quote["id"] != got.Info.ID || quote["text"] != "hello" {
		t.Errorf("phone shows %v", came)
	}
	if chats := k.list("/chats?phone=" + sandboxtest.PhoneB); len(chats) != 1 || chats[0]["unread"] != 1.0 || chats[0]["number"] != sandboxtest.PhoneA {
		t.Errorf("chats: %v", chats)
	}
	k.do("/read", `"chat":%q`, sandboxtest.PhoneA)
	sandboxtest.WaitUntil(k.c, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == reply.ID })
	k.do("/react", `"chat":%q,"id":%q,"emoji":"👍"`, sandboxtest.PhoneA, reply.ID)
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Message.GetReactionMessage().GetText() == "👍" })
	k.do("/edit", `"chat":%q,"id":%q,"text":"hello!"`, sandboxtest.PhoneA, sent["id"])
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool {
		return m.IsEdit || m.Message.GetProtocolMessage().GetEditedMessage().GetConversation() == "hello!"
	})
	k.do("/revoke", `"chat":%q,"id":%q`, sandboxtest.PhoneA, sent["id"])
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool {
		p := m.Message.GetProtocolMessage()
		return p != nil && p.GetType() == waE2E.ProtocolMessage_REVOKE && p.GetKey().GetID() == sent["id"]
	})
	messages := k.list("/messages?limit=10&phone=" + sandboxtest.PhoneB + "&chat=" + sandboxtest.PhoneA)
	if len(messages) != 2 || messages[0]["revoked"] != true || messages[0]["edited"] != true || messages[1]["id"] != reply.ID {
		t.Errorf("messages: %v", messages)
	}
	if status, got := controlCall(t, k.s, "GET", "/violations", "", nil); status != 200 || len(got["list"].([]any)) != 0 {
		t.Errorf("violations: %v", got)
	}
	// A stanza that nobody should send is listed until it is forgotten.
	receipt := waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": "NEVERSENT", "to": got.Info.Chat}}
	k.c.SendRaw(receipt)
	sandboxtest.Eventually(t, "the violation is listed", func() bool {
		_, got := controlCall(t, k.s, "GET", "/violations", "", nil)
		return len(got["list"].([]any)) == 1
	})
	if status, _ := controlCall(t, k.s, "DELETE", "/violations", "", nil); status != 200 {
		t.Errorf("violations cannot be forgotten: %d", status)
	}
	if _, got := controlCall(t, k.s, "GET", "/violations", "", nil); len(got["list"].([]any)) != 0 {
		t.Errorf("violations: %v", got)
	}
}

func TestProgramsSendEverything(t *testing.T) {
	k := newTalk(t)
	isMedia := func(of func(*waE2E.Message) bool) func(*events.Message) bool {
		return func(m *events.Message) bool { return of(m.Message) }
	}
	for _, test := range []struct {
		body string
		is   func(*waE2E.Message) bool
	}{
		{`"kind":"picture","text":"look"`, func(m *waE2E.Message) bool { return m.GetImageMessage().GetCaption() == "look" }},
		{`"kind":"picture","viewOnce":true,"text":"once"`, func(m *waE2E.Message) bool {
			return m.GetImageMessage().GetCaption() == "once" && m.GetImageMessage().GetViewOnce()
		}},
		{`"kind":"voice"`, func(m *waE2E.Message) bool { return m.GetAudioMessage().GetPTT() }},
		{`"kind":"document","name":"notes.txt","type":"text/plain","data":"aGk="`, func(m *waE2E.Message) bool { return m.GetDocumentMessage().GetFileName() == "notes.txt" }},
		{`"kind":"sticker"`, func(m *waE2E.Message) bool { return m.GetStickerMessage() != nil }},
		{`"place":{"latitude":-6.2,"longitude":106.8,"name":"Monas"}`, func(m *waE2E.Message) bool { return m.GetLocationMessage().GetName() == "Monas" }},
		{`"card":{"name":"Wati","vcard":"BEGIN:VCARD\nVERSION:3.0\nFN:Wati\nEND:VCARD"}`, func(m *waE2E.Message) bool { return m.GetContactMessage().GetDisplayName() == "Wati" }},
		{`"text":"@62 you","mentions":["` + sandboxtest.PhoneA + `"]`, func(m *waE2E.Message) bool {
			return len(m.GetExtendedTextMessage().GetContextInfo().GetMentionedJID()) == 1
		}},
	} {
		k.do("/send", `"to":%q,`+strings.ReplaceAll(test.body, "%", "%%"), sandboxtest.PhoneA)
		sandboxtest.WaitUntil(k.c, isMedia(test.is))
	}
	first := k.do("/send", `"to":%q,"text":"at first","editedTo":"in the end"`, sandboxtest.PhoneA)
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Info.ID == first["id"] })

	poll := k.do("/send", `"to":%q,"text":"Lunch?","poll":{"options":["yes","no"],"most":1}`, sandboxtest.PhoneA)
	asked := sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Info.ID == poll["id"] })
	vote, err := k.c.BuildPollVote(t.Context(), &asked.Info, []string{"yes"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.c.SendMessage(t.Context(), asked.Info.Chat, vote); err != nil {
		t.Fatal(err)
	}
	k.inbox(func(m map[string]any) bool {
		question, _ := m["question"].(map[string]any)
		votes, _ := question["votes"].([]any)
		return m["id"] == poll["id"] && len(votes) == 1
	})
	k.do("/vote", `"chat":%q,"id":%q,"options":["no"]`, sandboxtest.PhoneA, poll["id"])
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Message.GetPollUpdateMessage() != nil })

	k.do("/typing", `"chat":%q,"state":"recording"`, sandboxtest.PhoneA)
	k.do("/presence", `"available":true`)
	call := k.do("/call", `"to":%q`, sandboxtest.PhoneA)
	sandboxtest.WaitUntil(k.c, func(o *events.CallOffer) bool { return o.CallID == call["id"] })
	k.do("/call", `"to":%q,"end":%q`, sandboxtest.PhoneA, call["id"])
	sandboxtest.WaitUntil(k.c, func(e *events.CallTerminate) bool { return e.CallID == call["id"] })

	group := k.do("/group", `"subject":"Lunch","people":[%q]`, sandboxtest.PhoneA)["group"]
	sandboxtest.WaitFor[*events.JoinedGroup](k.c, 1)
	k.do("/group", `"group":%q,"change":"subject","value":"Dinner"`, group)
	sandboxtest.WaitUntil(k.c, func(g *events.GroupInfo) bool { return g.Name != nil && g.Name.Name == "Dinner" })
	k.do("/send", `"to":%q,"text":"to all"`, group)
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool {
		return m.Info.Chat.String() == group && m.Message.GetConversation() == "to all"
	})
}

func TestProgramsReadAttachments(t *testing.T) {
	k := newTalk(t)
	sent := k.do("/send", `"to":%q,"kind":"document","name":"page.html","type":"text/html","data":"PGI+aGk8L2I+"`, sandboxtest.PhoneA)
	came := sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Info.ID == sent["id"] })
	messages := "/messages?phone=" + sandboxtest.PhoneA + "&chat=" + sandboxtest.PhoneB
	sandboxtest.Eventually(t, "the phone has it", func() bool { return len(k.list(messages)) == 1 })
	base := strings.Replace(strings.TrimSuffix(k.s.URL(), "/ws/chat"), "ws://", "http://", 1)
	query := "phone=" + sandboxtest.PhoneA + "&chat=" + sandboxtest.PhoneB + "&id=" + sent["id"].(string)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/control/media?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "<b>hi</b>" || response.Header.Get("Content-Type") != "application/octet-stream" || response.Header.Get("X-Media-Type") != "text/html" {
		t.Errorf("%q %v %v", body, response.Header, err)
	}
	k.do("/media/expire", `"chat":%q,"id":%q,"status":410`, sandboxtest.PhoneA, sent["id"])
	if _, err := k.c.Download(t.Context(), came.Message.GetDocumentMessage()); err == nil {
		t.Error("an attachment that is gone was downloaded")
	}
}

func TestProgramsSetTheScene(t *testing.T) {
	k := newTalk(t)
	k.as(sandboxtest.PhoneB, "/policy", `"read":true,"answer":"echo"`)
	sent, err := k.c.SendMessage(t.Context(), types.NewJID(sandboxtest.PhoneB, types.DefaultUserServer), &waE2E.Message{Conversation: proto.String("is anybody there?")})
	if err != nil {
		t.Fatal(err)
	}
	sandboxtest.WaitUntil(k.c, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == sent.ID })
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool {
		answer := m.Message.GetExtendedTextMessage() // with a quote
		return !m.Info.IsFromMe && strings.Contains(answer.GetText(), "is anybody there?")
	})
	if got := k.do("/flood", `"to":%q,"count":20,"window":5`, sandboxtest.PhoneA); got["sent"] != 20.0 {
		t.Errorf("flood: %v", got)
	}
	sandboxtest.WaitUntil(k.c, func(m *events.Message) bool { return m.Message.GetConversation() == "flood 20" })
	k.do("/addressing", `"as":"lid"`)
	k.do("/addressing", `"as":""`)
	k.do("/reinstall", `"device":0`)
	sandboxtest.WaitFor[*events.IdentityChange](k.c, 1)
	silent := k.do("/silent", `"device":0`)["device"].(float64)
	k.do("/silent", `"device":%d`, int(silent))
	k.as(sandboxtest.PhoneA, "/hold", `"held":true`)
	k.as(sandboxtest.PhoneA, "/hold", `"held":false`)
}

func TestCommandsOfPeopleSayWhatIsWrong(t *testing.T) {
	k := newTalk(t)
	if _, err := k.s.AddPhone("6281200000009", "Wati"); err != nil {
		t.Fatal(err)
	}
	if err := k.s.SetOnline("6281200000009", false); err != nil {
		t.Fatal(err)
	}
	b := `"phone":"` + sandboxtest.PhoneB + `"`
	for _, test := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"/send", `{"phone":"6200","to":"` + sandboxtest.PhoneA + `","text":"x"}`, 404, "phone_unknown"},
		{"/send", `{"phone":"6281200000009","to":"` + sandboxtest.PhoneA + `","text":"x"}`, 409, "phone_offline"},
		{"/send", `{` + b + `,"to":"6200","text":"x"}`, 404, "recipient_unknown"},
		{"/send", `{` + b + `,"to":"` + sandboxtest.PhoneA + `"}`, 400, "content"},
		{"/send", `{` + b + `,"to":"` + sandboxtest.PhoneA + `","text":"x","quote":"none"}`, 404, "message_unknown"},
		{"/react", `{` + b + `,"chat":"` + sandboxtest.PhoneA + `","id":"none","emoji":"x"}`, 404, "message_unknown"},
		{"/typing", `{` + b + `,"chat":"` + sandboxtest.PhoneA + `","state":"dancing"}`, 400, "bad_request"},
		{"/flood", `{` + b + `,"to":"` + sandboxtest.PhoneA + `","count":0}`, 400, "bad_request"},
		{"/addressing", `{` + b + `,"as":"name"}`, 400, "bad_request"},
		{"/hold", `{"phone":"6200","held":true}`, 404, "phone_unknown"},
		{"/media/expire", `{` + b + `,"chat":"` + sandboxtest.PhoneA + `","id":"none","status":410}`, 404, "message_unknown"},
	} {
		if status, got := post(t, k.s, test.path, test.body); status != test.status || got["error"] != test.code {
			t.Errorf("%s %s: %d %v", test.path, test.body, status, got)
		}
	}
	for _, path := range []string{"/inbox?phone=6200", "/messages?chat=1&phone=" + sandboxtest.PhoneB, "/inbox?after=x&phone=" + sandboxtest.PhoneB, "/inbox?wait=x&phone=" + sandboxtest.PhoneB, "/media?id=x&chat=" + sandboxtest.PhoneA + "&phone=" + sandboxtest.PhoneB} {
		if status, got := controlCall(t, k.s, "GET", path, "", nil); status < 400 || got["error"] == nil {
			t.Errorf("%s: %d %v", path, status, got)
		}
	}
}
