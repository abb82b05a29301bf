package signal

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"go.mau.fi/libsignal/ecc"
	groups "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/state/store"
	"go.mau.fi/whatsmeow/util/keys"
)

// memory is the state of a device as libsignal wants to store it. It is guarded by
// Device.mu.
type memory struct {
	identity *keys.KeyPair
	regID    uint32
	signed   *keys.PreKey
	oneTime  map[uint32]*keys.PreKey
	lastID   uint32

	sessions   map[string]*kept[*record.Session]
	identities map[string][32]byte
	senderKeys map[senderKeyName]*kept[*groups.SenderKey]
	// writing is true while the device encrypts.
	writing bool
}

// kept is a session or sender key. For reading it is kept as bytes, because libsignal
// changes it before it knows whether a message was genuine; for writing as it is, because
// reading and making those bytes is most of the work.
type kept[T interface{ Serialize() []byte }] struct {
	raw  []byte
	live *T // newer than raw, if there is one
}

// keep makes what libsignal stores.
func keep[T interface{ Serialize() []byte }](value T, writing bool) *kept[T] {
	if writing {
		return &kept[T]{live: &value}
	}
	return &kept[T]{raw: value.Serialize()}
}

// load returns what was stored.
func (k *kept[T]) load(writing bool, read func([]byte) (T, error)) (T, error) {
	if k.live != nil {
		if writing {
			return *k.live, nil
		}
		k.raw, k.live = (*k.live).Serialize(), nil
	}
	return read(k.raw)
}

type senderKeyName struct{ group, sender string }

var _ store.SignalProtocol = (*memory)(nil)

// errUnused marks what libsignal's ciphers never ask for.
var errUnused = errors.New("not used by libsignal's ciphers")

func (m *memory) GetIdentityKeyPair() *identity.KeyPair {
	return identity.NewKeyPair(
		identity.NewKey(ecc.NewDjbECPublicKey(*m.identity.Pub)), ecc.NewDjbECPrivateKey(*m.identity.Priv))
}

func (m *memory) GetLocalRegistrationID() uint32 { return m.regID }

func (m *memory) SaveIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) error {
	m.identities[address.String()] = key.PublicKey().PublicKey()
	return nil
}

// IsTrustedIdentity trusts the first identity of a device, as long as nobody forgets it.
func (m *memory) IsTrustedIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) (bool, error) {
	known, ok := m.identities[address.String()]
	return !ok || known == key.PublicKey().PublicKey(), nil
}

func (m *memory) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	key := m.oneTime[id]
	if key == nil {
		return nil, nil //nolint:nilnil // libsignal's way to say that there is none
	}
	return record.NewPreKey(key.KeyID, pair(&key.KeyPair), nil), nil
}

func (m *memory) RemovePreKey(_ context.Context, id uint32) error {
	delete(m.oneTime, id)
	return nil
}

func (m *memory) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }

func (m *memory) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	return m.oneTime[id] != nil, nil
}

func (m *memory) LoadSession(_ context.Context, address *protocol.SignalAddress) (*record.Session, error) {
	known := m.sessions[address.String()]
	if known == nil {
		return record.NewSession(serializer.Session, serializer.State), nil
	}
	return known.load(m.writing, func(raw []byte) (*record.Session, error) {
		return record.NewSessionFromBytes(raw, serializer.Session, serializer.State)
	})
}

// StoreSession stores a session. Of the states that libsignal has tried to decrypt a message
// with, one could; the others are given back what they were, as phones do, which try with
// copies. Else what is written with them later could not be read.
func (m *memory) StoreSession(_ context.Context, address *protocol.SignalAddress, session *record.Session) error {
	if known := m.sessions[address.String()]; known != nil && !m.writing && known.raw != nil {
		was, err := record.NewSessionFromBytes(known.raw, serializer.Session, serializer.State)
		if err != nil {
			return err
		}
		stored := append([]*record.State{was.SessionState()}, was.PreviousSessionStates()...)
		tried := session.PreviousSessionStates()
		for i, state := range tried {
			same := slices.IndexFunc(stored, func(s *record.State) bool { return bytes.Equal(s.SenderBaseKey(), state.SenderBaseKey()) })
			if same >= 0 {
				tried[i] = stored[same]
			}
		}
	}
	m.sessions[address.String()] = keep(session, m.writing)
	return nil
}

func (m *memory) ContainsSession(_ context.Context, address *protocol.SignalAddress) (bool, error) {
	_, ok := m.sessions[address.String()]
	return ok, nil
}

func (m *memory) DeleteSession(_ context.Context, address *protocol.SignalAddress) error {
	delete(m.sessions, address.String())
	return nil
}

func (m *memory) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}

func (m *memory) DeleteAllSessions(context.Context) error { return errUnused }

func (m *memory) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	if id != m.signed.KeyID {
		return nil, nil //nolint:nilnil // libsignal's way to say that there is none
	}
	return record.NewSignedPreKey(id, 0, pair(&m.signed.KeyPair), *m.signed.Signature, nil), nil
}

func (m *memory) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}

func (m *memory) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}

func (m *memory) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == m.signed.KeyID, nil
}

func (m *memory) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }

func (m *memory) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *groups.SenderKey) error {
	m.senderKeys[senderKeyName{name.GroupID(), name.Sender().String()}] = keep(key, m.writing)
	return nil
}

func (m *memory) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*groups.SenderKey, error) {
	known := m.senderKeys[senderKeyName{name.GroupID(), name.Sender().String()}]
	if known == nil {
		return groups.NewSenderKey(serializer.SenderKeyRecord, serializer.SenderKeyState), nil
	}
	return known.load(m.writing, func(raw []byte) (*groups.SenderKey, error) {
		return groups.NewSenderKeyFromBytes(raw, serializer.SenderKeyRecord, serializer.SenderKeyState)
	})
}

func pair(key *keys.KeyPair) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*key.Pub), ecc.NewDjbECPrivateKey(*key.Priv))
}
