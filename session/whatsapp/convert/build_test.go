package convert_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"wadah/session/message"
	"wadah/session/whatsapp/convert"
)

func raw(t *testing.T, m *waE2E.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// goldenOutgoing keeps what is sent, to Budi where no other chat is given.
func goldenOutgoing(t *testing.T, cases map[string]message.Outgoing) {
	t.Helper()
	for name, out := range cases {
		t.Run(name, func(t *testing.T) {
			out.ID = "3EB0DD"
			if out.To.Key() == "" {
				out.To = message.ChatWith(budi)
			}
			encoded, err := converter().Encode(out, randomness())
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "out/"+name, familyJSON(t, encoded))
		})
	}
}

// What is stored is sent again as it is: the library adds nothing to it.
func TestSecretIsThereBeforeSending(t *testing.T) {
	out := message.Outgoing{To: message.ChatWith(budi), Content: message.Content{Kind: message.KindText, Text: "Halo"}}
	encoded, err := converter().Encode(out, randomness())
	if err != nil {
		t.Fatal(err)
	}
	m, err := convert.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if secret := m.GetMessageContextInfo().GetMessageSecret(); string(secret) != "0123456789abcdef0123456789abcdef" {
		t.Errorf("the secret is %q, not what was drawn", secret)
	}
	again, err := converter().Encode(out, randomness())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded, again) {
		t.Error("the same message was written in two ways")
	}
	m.Conversation = proto.String("changed, as the library does")
	if fresh, err := convert.Decode(encoded); err != nil || fresh.GetConversation() != "Halo" {
		t.Errorf("a second reading gave %q, %v", fresh.GetConversation(), err)
	}
	broken := errors.New("no randomness")
	if _, err := converter().Encode(out, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("without randomness: %v", err)
	}
	if _, err := converter().Encode(out, io.LimitReader(randomness(), 31)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("with too little randomness: %v", err)
	}
}
