package router_test

import (
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/sandboxtest"
	"wadah/session/sandbox/stanza"
	"wadah/session/sandbox/violation"
)

// expect checks that exactly one violation was noted, and forgets it.
func (w *world) expect(kind violation.Kind) {
	w.t.Helper()
	noted := w.s.Violations().All()
	if kind == "" && len(noted) == 0 {
		return
	}
	if len(noted) != 1 || noted[0].Kind != kind {
		w.t.Errorf("want %q, noted %v", kind, noted)
	}
	w.s.Violations().Clear()
}

// to is the share of one device.
func to(jid types.JID, enc waBinary.Node) waBinary.Node {
	return stanza.New("to", waBinary.Attrs{"jid": jid}, enc)
}

// ciphertext looks like one of a session, and can be read by nobody.
func ciphertext(kind string) waBinary.Node {
	return waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: []byte("nothing")}
}

func device(jid types.JID, index uint16) types.JID {
	jid.Device = index
	return jid
}

func TestMalformedMessagesAreRefused(t *testing.T) {
	w := newWorld(t)
	group := w.group()
	w.quiet()
	a, b, lid := number(sandboxtest.PhoneA), number(sandboxtest.PhoneB), w.b.Store.LID.ToNonAD()
	bare := waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "msg"}}
	share := func(nodes ...waBinary.Node) waBinary.Node { return stanza.New("participants", nil, nodes...) }
	for _, test := range []struct {
		name     string
		to       types.JID
		attrs    waBinary.Attrs
		children []waBinary.Node
		code     string
		kind     violation.Kind
	}{
		{"without ciphertext", b, nil, nil, "479", violation.NoCiphertext},
		{"clear text", b, nil, []waBinary.Node{stanza.Blob("body", []byte("hello"))}, "479", violation.NoCiphertext},
		{"no participant", b, nil, []waBinary.Node{share()}, "479", violation.NoCiphertext},
		{"only for the own phone", b, nil, []waBinary.Node{share(to(a, ciphertext("msg")))}, "479", violation.NoCiphertext},
		{"empty ciphertext", b, nil, []waBinary.Node{share(to(b, bare))}, "479", violation.Shape},
		{"unknown version", b, nil, []waBinary.Node{share(to(b, stanza.With(ciphertext("msg"), "v", "9")))}, "479", violation.Shape},
		{"unknown type", b, nil, []waBinary.Node{share(to(b, ciphertext("plain")))}, "479", violation.Shape},
		{"sender key for one", b, nil, []waBinary.Node{share(to(b, ciphertext("skmsg")))}, "479", violation.Shape},
		{"sender key for a person", b, nil, []waBinary.Node{ciphertext("skmsg"), share(to(b, ciphertext("msg")))}, "479", violation.Shape},
		{"two at once", device(b, 0), nil, []waBinary.Node{ciphertext("msg"), ciphertext("msg")}, "479", violation.Shape},
		{"one and many", b, nil, []waBinary.Node{ciphertext("msg"), share(to(b, ciphertext("msg")))}, "479", violation.Shape},
		{"for a stranger", b, nil, []waBinary.Node{share(to(b, ciphertext("msg")), to(number("6281200000077"), ciphertext("msg")))}, "479", violation.Shape},
		{"mixed addresses", b, nil, []waBinary.Node{share(to(lid, ciphertext("msg")))}, "479", violation.Shape},
		{"for itself", b, nil, []waBinary.Node{share(to(b, ciphertext("msg")), to(device(a, 1), ciphertext("msg")))}, "479", violation.Shape},
		{"first message without identity", b, nil, []waBinary.Node{share(to(b, ciphertext("pkmsg")))}, "479", violation.Shape},
		{"participant without address", b, nil, []waBinary.Node{share(stanza.New("to", nil, ciphertext("msg")))}, "479", violation.Shape},
		{"without type", b, waBinary.Attrs{"type": ""}, []waBinary.Node{share(to(b, ciphertext("msg")))}, "479", violation.Shape},
		{"peer message to others", device(b, 1), waBinary.Attrs{"category": "peer"}, []waBinary.Node{ciphertext("msg")}, "479", violation.Shape},
		{"token in a peer message", a, waBinary.Attrs{"category": "peer"}, []waBinary.Node{ciphertext("msg"), stanza.Blob("tctoken", []byte("x"))}, "479", violation.Shape},
		{"nobody", number("6281200000077"), nil, []waBinary.Node{share(to(number("6281200000077"), ciphertext("msg")))}, "404", ""},
		{"a device that is gone", device(b, 9), nil, []waBinary.Node{ciphertext("msg")}, "404", ""},
		{"a channel", types.NewJID("120363000000000001", types.NewsletterServer), nil, []waBinary.Node{ciphertext("msg")}, "404", ""},
		{"a broadcast", types.StatusBroadcastJID, nil, []waBinary.Node{ciphertext("skmsg")}, "400", ""},
		{"no such group", types.NewJID("120363000000000001", types.GroupServer), nil, []waBinary.Node{ciphertext("skmsg")}, "404", ""},
		{"group without sender key", group, nil, []waBinary.Node{share(to(lid, ciphertext("msg")))}, "479", violation.Shape},
		{"group with other addresses", group, nil, []waBinary.Node{ciphertext("skmsg"), share(to(b, ciphertext("msg")))}, "421", ""},
		{"group with other mode", group, waBinary.Attrs{"addressing_mode": "pn"}, []waBinary.Node{ciphertext("skmsg")}, "421", ""},
		{"repeat for a stranger", group, waBinary.Attrs{"participant": number("6281200000077")}, []waBinary.Node{ciphertext("msg")}, "404", ""},
	} {
		attrs := waBinary.Attrs{"id": "STRICT-" + strings.ReplaceAll(test.name, " ", "-"), "to": test.to, "type": "text"}
		for name, value := range test.attrs {
			attrs[name] = value
		}
		ack := w.a.AskRaw(stanza.New("message", attrs, test.children...))
		if ack.Tag != "ack" || stanza.Attr(ack, "class") != "message" || stanza.Attr(ack, "error") != test.code {
			t.Errorf("%s: %s", test.name, ack.String())
		}
		w.expect(test.kind)
	}
	// Nothing of that has reached anybody: once what waits is acknowledged, nobody has met
	// a message that cannot be read.
	w.quiet()
	for _, c := range []*sandboxtest.Client{w.a, w.b} {
		for _, met := range sandboxtest.Seen[*events.UndecryptableMessage](c) {
			t.Errorf("%s was handed on", met.Info.ID)
		}
	}
}

func TestGroupsRefuseStrangers(t *testing.T) {
	w := newWorld(t)
	group := w.group()
	if err := w.ana.ChangeGroup(t.Context(), group.String(), "announcement", nil, ""); err != nil {
		t.Fatal(err)
	}
	speak := func(code string) {
		t.Helper()
		ack := w.b.AskRaw(stanza.New("message", waBinary.Attrs{"id": "GROUP-" + code, "to": group, "type": "text"}, ciphertext("skmsg")))
		if stanza.Attr(ack, "error") != code {
			t.Errorf("want %s, got %s", code, ack.String())
		}
	}
	speak("403") // only admins may write
	if err := w.ana.ChangeGroup(t.Context(), group.String(), "remove", []string{sandboxtest.PhoneB}, ""); err != nil {
		t.Fatal(err)
	}
	speak("403") // not a member any more
	w.expect("")
}

func TestViolationsAreNoted(t *testing.T) {
	w := newWorld(t)
	b := number(sandboxtest.PhoneB)
	sent, err := w.a.SendMessage(t.Context(), b, text("hello"))
	if err != nil {
		t.Fatal(err)
	}
	w.shows(w.ana, sent.ID, func(m chat.Message) bool { return m.Status == chat.Delivered })
	w.quiet()
	send := func(c *sandboxtest.Client, node waBinary.Node) {
		t.Helper()
		c.SendRaw(node)
		sandboxtest.Eventually(t, "a violation", func() bool { return len(w.s.Violations().All()) > 0 })
	}

	send(w.b, stanza.New("receipt", waBinary.Attrs{"id": "NEVER", "to": number(sandboxtest.PhoneA)}))
	w.expect(violation.ReceiptForNothing)
	send(w.b, stanza.New("receipt", waBinary.Attrs{"id": sent.ID, "type": "read", "to": number("6281200000077")}))
	w.expect(violation.ReceiptForNothing)
	send(w.b, stanza.New("receipt", waBinary.Attrs{"id": "", "to": number(sandboxtest.PhoneA)}))
	w.expect(violation.Shape)
	send(w.b, stanza.New("ack", waBinary.Attrs{"class": "notification", "id": "1", "type": "w:gp2", "to": number(sandboxtest.PhoneA)}))
	w.expect(violation.AckForNothing)

	// One id in two chats, and a ciphertext that is none.
	ack := w.a.AskRaw(stanza.New("message", waBinary.Attrs{"id": sent.ID, "to": number(sandboxtest.PhoneA), "type": "text"},
		stanza.New("participants", nil, to(number(sandboxtest.PhoneA), ciphertext("msg")))))
	if code := stanza.Attr(ack, "error"); code != "" {
		t.Errorf("refused with %s", code)
	}
	noted := w.s.Violations().Counts()
	if noted[violation.IDReused] != 1 || noted[violation.Ciphertext] != 1 {
		t.Errorf("noted %v", noted)
	}
	w.s.Violations().Clear()
	// The phone asks in vain for what it cannot decrypt.
	w.quiet()
	w.s.Violations().Clear()

	// One id with two contents.
	if _, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{ID: "TWICE", Text: "one"}); err != nil {
		t.Fatal(err)
	}
	w.shows(w.ana, "TWICE", func(chat.Message) bool { return true })
	if _, err := w.budi.Write(t.Context(), sandboxtest.PhoneA, handset.Draft{ID: "TWICE", Text: "two"}); err != nil {
		t.Fatal(err)
	}
	sandboxtest.Eventually(t, "two contents are noted", func() bool { return w.s.Violations().Counts()[violation.TwoContents] > 0 })
	w.s.Violations().Clear()
}

func TestPutBackStoreIsNoted(t *testing.T) {
	w := newWorld(t)
	b := number(sandboxtest.PhoneB)
	for _, words := range []string{"one", "two"} { // the second has an answered session
		if _, err := w.a.SendMessage(t.Context(), b, text(words)); err != nil {
			t.Fatal(err)
		}
		w.write("answer to " + words)
		sandboxtest.WaitUntil(w.a, messageWith("answer to "+words))
	}
	address := device(w.b.Store.LID.ToNonAD(), 0).SignalAddress().String()
	before, err := w.a.Store.Sessions.GetSession(t.Context(), address)
	if err != nil || before == nil {
		t.Fatalf("no session with %s: %v", address, err)
	}
	if _, err := w.a.SendMessage(t.Context(), b, text("three")); err != nil {
		t.Fatal(err)
	}
	w.expect("")
	if err := w.a.Store.Sessions.PutSession(t.Context(), address, before); err != nil {
		t.Fatal(err)
	}
	if _, err := w.a.SendMessage(t.Context(), b, text("four")); err != nil {
		t.Fatal(err)
	}
	w.expect(violation.CounterReused)
}

func TestForeignIdentityIsNoted(t *testing.T) {
	w := newWorld(t)
	account, ok := proto.Clone(w.a.Store.Account).(interface{ GetDeviceSignature() []byte })
	if !ok {
		t.Fatal("no account")
	}
	signature := account.GetDeviceSignature()
	w.a.Store.Account.DeviceSignature = append([]byte{signature[0] ^ 1}, signature[1:]...)
	if _, err := w.a.SendMessage(t.Context(), number(sandboxtest.PhoneB), &waE2E.Message{Conversation: proto.String("hello")}); err != nil {
		t.Fatal(err)
	}
	noted := w.s.Violations().Counts()
	if noted[violation.Identity] == 0 || len(noted) != 1 {
		t.Errorf("noted %v", w.s.Violations().All())
	}
	w.s.Violations().Clear()
	w.a.Store.Account.DeviceSignature = signature
}

func TestTwoConnectionsOfOneDeviceAreNoted(t *testing.T) {
	w := newWorld(t)
	w.quiet()
	twin := sandboxtest.NewClient(t, w.s, w.a.Store)
	w.back(twin)
	sandboxtest.Eventually(t, "the older connection ends", func() bool { return !w.a.IsConnected() })
	w.expect(violation.TwoConnections)
}
