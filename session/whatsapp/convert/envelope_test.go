package convert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waVnameCert"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

// Who wrote where is known by both addresses wherever the stanza gave both.
func TestEnvelope(t *testing.T) {
	for name, c := range map[string]struct {
		event *events.Message
		want  message.Envelope
	}{
		"from a person by LID": {
			fromBudi(conversation("x")),
			message.Envelope{Chat: message.ChatWith(budi), Sender: budi, Addressing: message.AddressingLID},
		},
		"from a person by number": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
				i.Chat, i.Sender, i.SenderAlt = budiPN, budiPN, budiJID
			}),
			message.Envelope{Chat: message.ChatWith(budi), Sender: budi, Addressing: message.AddressingPN},
		},
		"from a person who hides their number": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) { i.SenderAlt = types.EmptyJID }),
			message.Envelope{
				Chat: message.ChatWith(message.Party{LID: budi.LID}), Sender: message.Party{LID: budi.LID},
				Addressing: message.AddressingLID,
			},
		},
		"from a linked device of a person": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) { i.Sender.Device, i.SenderAlt.Device = 7, 7 }),
			message.Envelope{Chat: message.ChatWith(budi), Sender: budi, Device: 7, Addressing: message.AddressingLID},
		},
		"from a device that Meta hosts": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) { i.Sender.Server = types.HostedLIDServer }),
			message.Envelope{
				Chat: message.ChatWith(message.Party{LID: budi.LID}), Sender: budi, Addressing: message.AddressingLID,
			},
		},
		"in a group by LID": {
			inGroup(conversation("x")),
			message.Envelope{Chat: message.ChatAt(group.String()), Sender: budi, Addressing: message.AddressingLID},
		},
		"in a group by number": {
			changed(inGroup(conversation("x")), func(i *types.MessageInfo) {
				i.Sender, i.SenderAlt, i.AddressingMode = budiPN, budiJID, types.AddressingModePN
			}),
			message.Envelope{Chat: message.ChatAt(group.String()), Sender: budi, Addressing: message.AddressingPN},
		},
		"written on the phone": {
			bySelf(conversation("x")),
			message.Envelope{Chat: message.ChatWith(budi), Sender: self, FromMe: true, Addressing: message.AddressingLID},
		},
		"written on the phone to itself": {
			changed(bySelf(conversation("x")), func(i *types.MessageInfo) {
				i.Chat, i.Sender, i.RecipientAlt = selfPN, selfPN, types.EmptyJID
			}),
			message.Envelope{Chat: message.ChatWith(self), Sender: self, FromMe: true, Addressing: message.AddressingPN},
		},
		"written on the phone in a group": {
			changed(inGroup(conversation("x")), func(i *types.MessageInfo) {
				i.Sender, i.SenderAlt, i.IsFromMe = selfJID, types.EmptyJID, true
			}),
			message.Envelope{Chat: message.ChatAt(group.String()), Sender: self, FromMe: true, Addressing: message.AddressingLID},
		},
		"through a broadcast list": {
			changed(inGroup(conversation("x")), func(i *types.MessageInfo) {
				i.Chat = types.NewJID("1600000000", types.BroadcastServer)
			}),
			message.Envelope{Chat: message.ChatWith(budi), Sender: budi, Broadcast: true, Addressing: message.AddressingLID},
		},
		"a story": {
			changed(inGroup(conversation("x")), func(i *types.MessageInfo) { i.Chat = types.StatusBroadcastJID }),
			message.Envelope{Chat: message.ChatAt(message.StatusChat), Sender: budi, Addressing: message.AddressingLID},
		},
		"in a channel": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
				i.Chat = types.NewJID("120363000000000009", types.NewsletterServer)
				i.Sender, i.SenderAlt, i.ServerID = i.Chat, types.EmptyJID, 42
			}),
			message.Envelope{
				Chat:   message.Chat{Kind: message.ChatNewsletter, JID: "120363000000000009@newsletter"},
				Sender: message.Party{Other: "120363000000000009@newsletter"}, ServerID: 42, Addressing: message.AddressingLID,
			},
		},
		"from a bot": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
				i.Chat, i.Sender, i.SenderAlt = types.NewMetaAIJID, types.NewMetaAIJID, types.EmptyJID
			}),
			message.Envelope{
				Chat:   message.ChatWith(message.Party{Other: "867051314767696@bot"}),
				Sender: message.Party{Other: "867051314767696@bot"}, Addressing: message.AddressingLID,
			},
		},
		"from a company": {
			changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
				i.VerifiedName = &types.VerifiedName{Details: &waVnameCert.VerifiedNameCertificate_Details{VerifiedName: proto.String("Toko\u202e Budi")}}
			}),
			message.Envelope{Chat: message.ChatWith(budi), Sender: budi, BusinessName: "Toko Budi", Addressing: message.AddressingLID},
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			want.ID, want.At, want.PushName = "3EB0AA", sentAt, "Budi"
			if diff := cmp.Diff(want, received(t, converter(), c.event).Envelope); diff != "" {
				t.Errorf("the envelope differs (-want +got):\n%s", diff)
			}
		})
	}
}

func changed(e *events.Message, change func(*types.MessageInfo)) *events.Message {
	change(&e.Info)
	return e
}

// What senders choose on the outside is held to the same limits.
func TestHostileEnvelope(t *testing.T) {
	e := changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
		i.ID = "a\x00b"
		i.PushName = "  Ba\u202enk\x00\r\nResmi " + strings.Repeat("é", 300)
		i.Timestamp = time.Unix(1<<60, 0)
	})
	m := received(t, converter(), e)
	if m.ID == e.Info.ID || len(m.ID) > message.MaxID {
		t.Errorf("the id is kept as %q", m.ID)
	}
	if other := received(t, converter(), changed(fromBudi(conversation("x")), func(i *types.MessageInfo) { i.ID = "a\x01b" })); other.ID == m.ID {
		t.Error("two ids became one")
	}
	if !strings.HasPrefix(m.PushName, "Bank Resmi éé") || len(m.PushName) > message.MaxName {
		t.Errorf("the name is kept as %q", m.PushName)
	}
	if !m.At.IsZero() {
		t.Errorf("a time that cannot be is %v", m.At)
	}
}

// The library gets back the addresses that the stanza had.
func TestInfo(t *testing.T) {
	for name, e := range map[string]*events.Message{
		"person by LID": fromBudi(conversation("x")),
		"person by number": changed(fromBudi(conversation("x")), func(i *types.MessageInfo) {
			i.Chat, i.Sender, i.SenderAlt = budiPN, budiPN, budiJID
		}),
		"group by number": changed(inGroup(conversation("x")), func(i *types.MessageInfo) {
			i.Sender, i.SenderAlt, i.AddressingMode = budiPN, budiJID, types.AddressingModePN
		}),
		"own": bySelf(conversation("x")),
	} {
		t.Run(name, func(t *testing.T) {
			got, want := convert.Info(received(t, converter(), e).Envelope), e.Info
			if got.ID != want.ID || got.Chat != want.Chat || got.Sender != want.Sender || got.IsGroup != want.IsGroup || got.IsFromMe != want.IsFromMe {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestUndecryptable(t *testing.T) {
	for name, c := range map[string]struct {
		event events.UndecryptableMessage
		want  message.Undecryptable
	}{
		"cannot be decrypted": {events.UndecryptableMessage{}, message.Undecryptable{Why: message.WhyUndecryptable}},
		"not for this device": {
			events.UndecryptableMessage{IsUnavailable: true},
			message.Undecryptable{Why: message.WhyUnavailable},
		},
		"seen once": {
			events.UndecryptableMessage{IsUnavailable: true, UnavailableType: events.UnavailableTypeViewOnce},
			message.Undecryptable{Why: message.WhyViewOnce},
		},
		"a hidden one": {
			events.UndecryptableMessage{DecryptFailMode: events.DecryptFailHide},
			message.Undecryptable{Why: message.WhyUndecryptable, Hidden: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			whole := inGroup(conversation("x"))
			c.event.Info = whole.Info
			want := c.want
			want.Envelope = received(t, converter(), whole).Envelope
			got := converter().Incoming(t.Context(), &c.event)
			if diff := cmp.Diff([]message.Incoming{want}, got); diff != "" {
				t.Errorf("it differs (-want +got):\n%s", diff)
			}
		})
	}
}

// What the account's phone tells its devices is in no chat, whether it can be read or not.
func TestUndecryptablePeerMessage(t *testing.T) {
	e := &events.UndecryptableMessage{Info: inGroup(conversation("x")).Info}
	e.Info.Category = "peer"
	if got := converter().Incoming(t.Context(), e); len(got) != 0 {
		t.Errorf("it became %v", got)
	}
}

// Keys within a message say "from me" from its writer's side.
func TestTarget(t *testing.T) {
	react := func(fromMe bool, participant string) *waE2E.Message {
		return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key("3EB0BB", fromMe, participant), Text: proto.String("👍")}}
	}
	for name, c := range map[string]struct {
		event *events.Message
		want  message.Ref
	}{
		"theirs":                  {fromBudi(react(true, "")), message.Ref{Sender: budi}},
		"ours":                    {fromBudi(react(false, "")), message.Ref{Sender: self, FromMe: true}},
		"by us to theirs":         {bySelf(react(false, "")), message.Ref{Sender: budi}},
		"by us to ours":           {bySelf(react(true, "")), message.Ref{Sender: self, FromMe: true}},
		"in a group to another's": {inGroup(react(false, "102@lid")), message.Ref{Sender: message.Party{LID: sari.LID}}},
		"in a group to ours":      {inGroup(react(false, selfPN.String())), message.Ref{Sender: self, FromMe: true}},
		"in a group to nobody's":  {inGroup(react(false, "")), message.Ref{}},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			want.ID = "3EB0BB"
			if diff := cmp.Diff(&want, received(t, converter(), c.event).Content.Target); diff != "" {
				t.Errorf("the target differs (-want +got):\n%s", diff)
			}
		})
	}
}
