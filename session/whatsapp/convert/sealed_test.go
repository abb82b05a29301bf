package convert_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

var _ convert.Opener = (*whatsmeow.Client)(nil)

// client is a genuine client of an account, with a store of its own, that knows the
// secret of Budi's message 3EB0B1 in the group.
func client(t *testing.T, jid, lid types.JID) *whatsmeow.Client {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "store.db")+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	container := sqlstore.NewWithDB(db, "sqlite3", nil)
	if err := container.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	device := container.NewDevice()
	device.ID, device.LID = &jid, lid
	device.Account = &waAdv.ADVSignedDeviceIdentity{ // of the right lengths, as the store demands
		Details: []byte{}, AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
	}
	if err := container.PutDevice(t.Context(), device); err != nil {
		t.Fatal(err)
	}
	if err := device.MsgSecrets.PutMessageSecret(t.Context(), group, budiJID, "3EB0B1", secret); err != nil {
		t.Fatal(err)
	}
	return whatsmeow.NewClient(device, nil)
}

var secret = []byte("0123456789abcdef0123456789abcdef")

// original is the message that is voted on, commented and so on.
func original() *types.MessageInfo {
	return &types.MessageInfo{ID: "3EB0B1", MessageSource: types.MessageSource{Chat: group, Sender: budiJID, IsGroup: true}}
}

// bySari is a message of Sari's in the group.
func bySari(m *waE2E.Message) *events.Message {
	return changed(inGroup(m), func(i *types.MessageInfo) { i.Sender, i.SenderAlt = lid("102"), number("62811000102") })
}

// What one genuine client seals, another opens through us.
func TestSealed(t *testing.T) {
	ctx := context.Background()
	hers := client(t, number("62811000102"), lid("102"))
	opening := converter()
	opening.Open = client(t, selfPN, selfJID)
	target := &message.Ref{ID: "3EB0B1", Sender: message.Party{LID: budi.LID}}

	t.Run("vote", func(t *testing.T) {
		vote, err := hers.BuildPollVote(ctx, original(), []string{"Padang", "Sate"})
		if err != nil {
			t.Fatal(err)
		}
		want := message.Content{
			Kind: message.KindVote, Target: target, Votes: []string{message.OptionHash("Padang"), message.OptionHash("Sate")},
		}
		if diff := cmp.Diff(want, received(t, opening, bySari(vote)).Content); diff != "" {
			t.Errorf("the vote differs (-want +got):\n%s", diff)
		}
		if sealed := received(t, converter(), bySari(vote)).Content; !sealed.Sealed || sealed.Votes != nil {
			t.Errorf("without a secret the vote is %+v", sealed)
		}
	})

	t.Run("vote that came before its poll", func(t *testing.T) {
		vote, err := hers.BuildPollVote(ctx, original(), []string{"Padang"})
		if err != nil {
			t.Fatal(err)
		}
		late := client(t, selfPN, selfJID)
		waiting := received(t, converter(), bySari(vote))
		got := (&convert.Converter{Self: self, Open: late}).Reread(ctx, waiting)
		want := message.Content{Kind: message.KindVote, Target: target, Votes: []string{message.OptionHash("Padang")}}
		if diff := cmp.Diff(want, got.Content); diff != "" || !cmp.Equal(got.Envelope, waiting.Envelope) || !cmp.Equal(got.Raw, waiting.Raw) {
			t.Errorf("read again it differs (-want +got):\n%s", diff)
		}
		if still := converter().Reread(ctx, waiting); !cmp.Equal(still, waiting) {
			t.Errorf("while its secret is not known it became %+v", still)
		}
		waiting.Raw = []byte{0xff}
		if broken := converter().Reread(ctx, waiting); !cmp.Equal(broken, waiting) {
			t.Errorf("without what it was it became %+v", broken)
		}
	})

	t.Run("reaction", func(t *testing.T) {
		reaction, err := hers.EncryptReaction(ctx, original(), &waE2E.ReactionMessage{Key: key("3EB0B1", false, "101@lid"), Text: proto.String("👏")})
		if err != nil {
			t.Fatal(err)
		}
		m := received(t, opening, bySari(&waE2E.Message{EncReactionMessage: reaction}))
		want := message.Content{Kind: message.KindReaction, Target: target, Emoji: "👏"}
		if diff := cmp.Diff(want, m.Content); diff != "" {
			t.Errorf("the reaction differs (-want +got):\n%s", diff)
		}
		if got := string(familyJSON(t, m.Raw)); got != `{"reactionMessage":{"key":{"remoteJid":"somewhere@lid","fromMe":false,"id":"3EB0B1","participant":"101@lid"},"text":"👏"}}` {
			t.Errorf("programs read %s", got)
		}
	})

	t.Run("comment", func(t *testing.T) {
		comment, err := hers.EncryptComment(ctx, original(), conversation("sependapat"))
		if err != nil {
			t.Fatal(err)
		}
		want := message.Content{Kind: message.KindText, Text: "sependapat", Quote: &message.Quote{Ref: *target}}
		if diff := cmp.Diff(want, received(t, opening, bySari(comment)).Content); diff != "" {
			t.Errorf("the comment differs (-want +got):\n%s", diff)
		}
	})

	for name, inner := range map[string]*waE2E.Message{
		"edit as the new content": conversation("jam lima"),
		"edit as an edit":         edit(true, "", conversation("jam lima")),
	} {
		t.Run(name, func(t *testing.T) {
			want := message.Content{
				Kind: message.KindEdit, Target: &message.Ref{ID: "3EB0B1", Sender: budi},
				New: &message.Content{Kind: message.KindText, Text: "jam lima"},
			}
			if diff := cmp.Diff(want, received(t, opening, inGroup(sealedEdit(t, inner))).Content); diff != "" {
				t.Errorf("the edit differs (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("from somebody else", func(t *testing.T) {
		content := received(t, opening, bySari(sealedEdit(t, conversation("palsu")))).Content
		if !content.Sealed || content.New != nil || content.Target.Sender != sari {
			t.Errorf("an edit that was not sealed by its sender is %+v", content)
		}
	})
}

// sealedEdit is an edit of Budi's of his own message, sealed as WhatsApp's clients do;
// the library opens such but makes none.
func sealedEdit(t *testing.T, inner *waE2E.Message) *waE2E.Message {
	t.Helper()
	who := budiJID.String()
	opens := hkdfutil.SHA256(secret, nil, []byte("3EB0B1"+who+who+"Message Edit"), 32)
	iv := []byte("123456789012")
	sealed, err := gcmutil.Encrypt(opens, iv, raw(t, inner), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
		TargetMessageKey: key("3EB0B1", true, ""), EncPayload: sealed, EncIV: iv,
		SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
	}}
}

// The library panics where a nonce has not the length it expects. Anybody in a group can
// send one, and a panic while a message is handled would lose it.
func TestHostileNonce(t *testing.T) {
	opening := converter()
	opening.Open = client(t, selfPN, selfJID)
	for _, iv := range [][]byte{nil, {}, []byte("1"), make([]byte, 13), make([]byte, 1<<16)} {
		content := received(t, opening, bySari(&waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{
			PollCreationMessageKey: key("3EB0B1", false, "101@lid"),
			Vote:                   &waE2E.PollEncValue{EncPayload: []byte("0123456789abcdef"), EncIV: iv},
		}})).Content
		if !content.Sealed {
			t.Errorf("with a nonce of %d bytes the vote is %+v", len(iv), content)
		}
	}
}
