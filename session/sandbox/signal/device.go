// Package signal is the cryptography of a virtual phone: its keys, and the sessions and
// sender keys with which it reads and writes messages. It is libsignal, as in the
// library of the genuine clients.
package signal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"go.mau.fi/libsignal/ecc"
	groupcipher "go.mau.fi/libsignal/groups"
	groups "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/logger"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/signalerror"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

var serializer = store.SignalProtobufSerializer

// silent keeps libsignal from writing what it thinks to standard output. It is set
// before anything can use the library, which looks for a logger without a lock.
var _ = func() logger.Loggable {
	var quiet logger.Loggable = silent{}
	logger.Setup(&quiet)
	return quiet
}()

type silent struct{}

func (silent) Debug(string, string)   {}
func (silent) Info(string, string)    {}
func (silent) Warning(string, string) {}
func (silent) Error(string, string)   {}
func (silent) Configure(string)       {}

// The errors of decryption that a device answers differently.
var (
	// ErrDuplicate says that the message was decrypted before.
	ErrDuplicate = errors.New("message decrypted before")
	// ErrUndecryptable says that the sender has to send the message again.
	ErrUndecryptable = errors.New("message cannot be decrypted")
	// ErrNoSession says that there is no session with a device yet.
	ErrNoSession = errors.New("no session with this device")
)

// Device is the cryptography of one device. All methods are safe for concurrent use.
// Other devices are named by their LID, if they have one.
type Device struct {
	mu sync.Mutex
	m  memory
}

// signedPreKeyID is the number of a device's first signed pre-key.
const signedPreKeyID = 1

// New makes a device with this identity and a signed pre-key.
func New(key *keys.KeyPair, registrationID uint32) *Device {
	return &Device{m: memory{
		identity: key, regID: registrationID, signed: key.CreateSignedPreKey(signedPreKeyID),
		oneTime:  make(map[uint32]*keys.PreKey),
		sessions: make(map[string]*kept[*record.Session]), identities: make(map[string][32]byte),
		senderKeys: make(map[senderKeyName]*kept[*groups.SenderKey]),
	}}
}

// RegistrationID is the number of this installation.
func (d *Device) RegistrationID() uint32 { return d.m.regID }

// SignedPreKey is the device's signed pre-key.
func (d *Device) SignedPreKey() *keys.PreKey { return d.m.signed }

// MakePreKeys makes one-time pre-keys to be handed out.
func (d *Device) MakePreKeys(count int) []*keys.PreKey {
	d.mu.Lock()
	defer d.mu.Unlock()
	made := make([]*keys.PreKey, 0, count)
	for range count {
		d.m.lastID++
		key := keys.NewPreKey(d.m.lastID)
		d.m.oneTime[key.KeyID] = key
		made = append(made, key)
	}
	return made
}

// Bundle is what another device has published for those who want to write to it.
type Bundle struct {
	RegistrationID uint32
	Identity       [32]byte
	Signed         keys.PreKey  // its Priv is nil
	OneTime        *keys.PreKey // nil when there are none left
}

// HasSession says whether the device can write to another one.
func (d *Device) HasSession(to types.JID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.m.sessions[to.SignalAddress().String()]
	return ok
}

// Begin begins a session with another device. An identity that is not the known one
// replaces it: the person has another phone now.
func (d *Device) Begin(to types.JID, b Bundle) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	address := to.SignalAddress()
	if known, ok := d.m.identities[address.String()]; ok && known != b.Identity {
		d.forget(to)
	}
	id, oneTime := optional.NewEmptyUint32(), ecc.ECPublicKeyable(nil)
	if b.OneTime != nil {
		id, oneTime = optional.NewOptionalUint32(b.OneTime.KeyID), ecc.NewDjbECPublicKey(*b.OneTime.Pub)
	}
	bundle := prekey.NewBundle(b.RegistrationID, uint32(to.Device), id, b.Signed.KeyID, oneTime,
		ecc.NewDjbECPublicKey(*b.Signed.Pub), *b.Signed.Signature, identity.NewKey(ecc.NewDjbECPublicKey(b.Identity)))
	if err := session.NewBuilderFromSignal(&d.m, address, serializer).ProcessBundle(context.Background(), bundle); err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	return nil
}

// Forget drops what is known of another device: its session and identity.
func (d *Device) Forget(other types.JID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forget(other)
}

func (d *Device) forget(other types.JID) {
	address := other.SignalAddress().String()
	delete(d.m.sessions, address)
	delete(d.m.identities, address)
}

// Encrypt makes a ciphertext for another device. Begins is true when it carries what the
// other device needs to begin the session.
func (d *Device) Encrypt(to types.JID, plaintext []byte) (ciphertext []byte, begins bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	address := to.SignalAddress()
	if _, ok := d.m.sessions[address.String()]; !ok {
		return nil, false, ErrNoSession
	}
	d.m.writing = true
	defer func() { d.m.writing = false }()
	cipher := session.NewCipher(session.NewBuilderFromSignal(&d.m, address, serializer), address)
	sealed, err := cipher.Encrypt(context.Background(), pad(plaintext))
	if err != nil {
		return nil, false, fmt.Errorf("encrypt: %w", err)
	}
	return sealed.Serialize(), sealed.Type() == protocol.PREKEY_TYPE, nil
}

// Decrypt reads a ciphertext of another device; begins says that it is of the type that
// begins a session.
func (d *Device) Decrypt(from types.JID, ciphertext []byte, begins bool) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	address := from.SignalAddress()
	cipher := session.NewCipher(session.NewBuilderFromSignal(&d.m, address, serializer), address)
	if !begins {
		message, err := protocol.NewSignalMessageFromBytes(ciphertext, serializer.SignalMessage)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUndecryptable, err)
		}
		plain, err := cipher.Decrypt(context.Background(), message)
		return opened(plain, err)
	}
	message, err := protocol.NewPreKeySignalMessageFromBytes(ciphertext, serializer.PreKeySignalMessage, serializer.SignalMessage)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecryptable, err)
	}
	plain, err := cipher.DecryptMessage(context.Background(), message)
	if errors.Is(err, signalerror.ErrUntrustedIdentity) {
		d.forget(from)
		plain, err = cipher.DecryptMessage(context.Background(), message)
	}
	return opened(plain, err)
}

// opened sorts the outcome of a decryption.
func opened(plain []byte, err error) ([]byte, error) {
	switch {
	case errors.Is(err, signalerror.ErrOldCounter):
		return nil, fmt.Errorf("%w: %w", ErrDuplicate, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUndecryptable, err)
	}
	return unpad(plain)
}

// GroupKey returns this device's sender key of a group as others need it, making one
// when there is none.
func (d *Device) GroupKey(group, own types.JID) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	builder := groupcipher.NewGroupSessionBuilder(&d.m, serializer)
	message, err := builder.Create(context.Background(), protocol.NewSenderKeyName(group.String(), own.SignalAddress()))
	if err != nil {
		return nil, fmt.Errorf("make sender key: %w", err)
	}
	return message.Serialize(), nil
}

// NewGroupKey makes the next message to a group use a new sender key, as after somebody
// has left it.
func (d *Device) NewGroupKey(group, own types.JID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.m.senderKeys, senderKeyName{group.String(), own.SignalAddress().String()})
}

// EncryptGroup makes a ciphertext for all who have this device's sender key.
func (d *Device) EncryptGroup(group, own types.JID, plaintext []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.m.writing = true
	defer func() { d.m.writing = false }()
	builder := groupcipher.NewGroupSessionBuilder(&d.m, serializer)
	cipher := groupcipher.NewGroupCipher(builder, protocol.NewSenderKeyName(group.String(), own.SignalAddress()), &d.m)
	sealed, err := cipher.Encrypt(context.Background(), pad(plaintext))
	if err != nil {
		return nil, fmt.Errorf("encrypt for group: %w", err)
	}
	return sealed.SignedSerialize(), nil
}

// TakeGroupKey keeps the sender key of another device.
func (d *Device) TakeGroupKey(group, from types.JID, key []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	message, err := protocol.NewSenderKeyDistributionMessageFromBytes(key, serializer.SenderKeyDistributionMessage)
	if err != nil {
		return fmt.Errorf("sender key: %w", err)
	}
	builder := groupcipher.NewGroupSessionBuilder(&d.m, serializer)
	err = builder.Process(context.Background(), protocol.NewSenderKeyName(group.String(), from.SignalAddress()), message)
	if err != nil {
		return fmt.Errorf("sender key: %w", err)
	}
	return nil
}

// DecryptGroup reads what another device wrote to a group.
func (d *Device) DecryptGroup(group, from types.JID, ciphertext []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	message, err := protocol.NewSenderKeyMessageFromBytes(ciphertext, serializer.SenderKeyMessage)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndecryptable, err)
	}
	builder := groupcipher.NewGroupSessionBuilder(&d.m, serializer)
	cipher := groupcipher.NewGroupCipher(builder, protocol.NewSenderKeyName(group.String(), from.SignalAddress()), &d.m)
	plain, err := cipher.Decrypt(context.Background(), message)
	return opened(plain, err)
}

// pad hides how long a message is: 1 to 15 bytes that say how many they are.
func pad(plaintext []byte) []byte {
	var length [1]byte
	_, _ = rand.Read(length[:]) // never fails, by its documentation
	if length[0] &= 0xF; length[0] == 0 {
		length[0] = 0xF
	}
	return append(bytes.Clone(plaintext), bytes.Repeat(length[:], int(length[0]))...)
}

func unpad(padded []byte) ([]byte, error) {
	if len(padded) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrUndecryptable)
	}
	length := int(padded[len(padded)-1])
	if length == 0 || length > len(padded) {
		return nil, fmt.Errorf("%w: padding", ErrUndecryptable)
	}
	return padded[:len(padded)-length], nil
}
