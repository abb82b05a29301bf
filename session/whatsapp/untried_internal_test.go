package whatsapp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	libsignal "go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/util/optional"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"

	"wadah/session/sandbox/signal"
)

// Somebody and we write to each other for the first time at the same moment, and go on
// writing: whatever comes when, it can be read, and the session does not grow.
func TestCrossedSessionsStayReadable(t *testing.T) {
	own, her := types.NewADJID("6281", 0, 1), types.NewJID("2", types.HiddenUserServer)
	for seed := range uint64(12) {
		c, _ := newDevices(t, own)
		device, err := c.load(t.Context(), own.String(), &guard{fail: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		us := &side{device: device, other: her}
		phone := keys.NewKeyPair()
		she := signal.New(phone, 7)
		us.begin(t, *phone.Pub, she)
		ours, err := device.PreKeys.GetOrGenPreKeys(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		err = she.Begin(own, signal.Bundle{
			RegistrationID: device.RegistrationID, Identity: *device.IdentityKey.Pub,
			Signed: *device.SignedPreKey, OneTime: ours[0],
		})
		if err != nil {
			t.Fatal(err)
		}
		type letter struct {
			sealed []byte
			begins bool
		}
		var toUs, toHer []letter
		random, story := rand.New(rand.NewPCG(seed, 0)), ""
		for n := range 120 {
			var err error
			switch what := random.IntN(4); {
			case what == 0:
				story += fmt.Sprintf(" we:%d", n)
				sealed, begins := us.encrypt(t)
				toHer = append(toHer, letter{sealed, begins})
			case what == 1:
				story += fmt.Sprintf(" she:%d", n)
				sealed, begins, err := she.Encrypt(own, []byte("x"))
				if err != nil {
					t.Fatal(err)
				}
				toUs = append(toUs, letter{sealed, begins})
			case what == 2 && len(toUs) > 0:
				story += " we read"
				err = us.decrypt(t.Context(), toUs[0].sealed, toUs[0].begins)
				toUs = toUs[1:]
			case what == 3 && len(toHer) > 0:
				story += " she reads"
				_, err = she.Decrypt(own, toHer[0].sealed, toHer[0].begins)
				toHer = toHer[1:]
			}
			if err != nil {
				t.Fatalf("seed %d:%s: %v", seed, story, err)
			}
		}
		if kept, err := device.Sessions.GetSession(t.Context(), her.SignalAddress().String()); err != nil || len(kept) > 8000 {
			t.Errorf("seed %d: the session has become %d bytes, %v", seed, len(kept), err)
		}
	}
}

// side is what the library does with the stores.
type side struct {
	device *store.Device
	other  types.JID
}

func (s *side) cipher() *libsignal.Cipher {
	address := s.other.SignalAddress()
	return libsignal.NewCipher(libsignal.NewBuilderFromSignal(s.device, address, store.SignalProtobufSerializer), address)
}

func (s *side) begin(t *testing.T, key [32]byte, with *signal.Device) {
	t.Helper()
	signed, oneTime := with.SignedPreKey(), with.MakePreKeys(1)[0]
	bundle := prekey.NewBundle(with.RegistrationID(), uint32(s.other.Device),
		optional.NewOptionalUint32(oneTime.KeyID), signed.KeyID, ecc.NewDjbECPublicKey(*oneTime.Pub),
		ecc.NewDjbECPublicKey(*signed.Pub), *signed.Signature, identity.NewKey(ecc.NewDjbECPublicKey(key)))
	builder := libsignal.NewBuilderFromSignal(s.device, s.other.SignalAddress(), store.SignalProtobufSerializer)
	if err := builder.ProcessBundle(t.Context(), bundle); err != nil {
		t.Fatal(err)
	}
}

func (s *side) encrypt(t *testing.T) (sealed []byte, begins bool) {
	t.Helper()
	message, err := s.cipher().Encrypt(t.Context(), []byte("x\x01"))
	if err != nil {
		t.Fatal(err)
	}
	return message.Serialize(), message.Type() == protocol.PREKEY_TYPE
}

func (s *side) decrypt(ctx context.Context, sealed []byte, begins bool) error {
	return s.device.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
		if begins {
			message, err := protocol.NewPreKeySignalMessageFromBytes(sealed,
				store.SignalProtobufSerializer.PreKeySignalMessage, store.SignalProtobufSerializer.SignalMessage)
			if err != nil {
				return err
			}
			_, err = s.cipher().DecryptMessage(ctx, message)
			return err
		}
		message, err := protocol.NewSignalMessageFromBytes(sealed, store.SignalProtobufSerializer.SignalMessage)
		if err != nil {
			return err
		}
		_, err = s.cipher().Decrypt(ctx, message)
		return err
	})
}
