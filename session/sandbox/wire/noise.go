package wire

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"google.golang.org/protobuf/proto"
)

// errHandshake marks every way a client can fail the Noise handshake.
var errHandshake = fmt.Errorf("%w: noise handshake refused", ErrProtocol)

// noiseState is the responder's side of WhatsApp's variant of Noise XX
// (socket/noisehandshake.go of the library is the initiator's). It differs from
// the textbook in the start (the pattern name padded to 32 bytes is the first
// hash, and is the first key too) and in the nonce, which goes on counting
// between two messages that share a key.
type noiseState struct {
	hash    [32]byte
	salt    []byte
	key     cipher.AEAD
	counter uint32
}

func newNoiseState(prologue []byte) (*noiseState, error) {
	n := &noiseState{salt: []byte(socket.NoiseStartPattern)}
	copy(n.hash[:], socket.NoiseStartPattern)
	var err error
	if n.key, err = gcmutil.Prepare(n.hash[:]); err != nil {
		return nil, fmt.Errorf("prepare first key: %w", err)
	}
	n.authenticate(prologue)
	return n, nil
}

// authenticate binds data to everything that is encrypted afterwards.
func (n *noiseState) authenticate(data []byte) {
	h := sha256.New()
	h.Write(n.hash[:])
	h.Write(data)
	h.Sum(n.hash[:0])
}

func (n *noiseState) encrypt(plaintext []byte) []byte {
	sealed := n.key.Seal(nil, nonce(n.counter), plaintext, n.hash[:])
	n.counter++
	n.authenticate(sealed)
	return sealed
}

func (n *noiseState) decrypt(sealed []byte) ([]byte, error) {
	plaintext, err := n.key.Open(nil, nonce(n.counter), sealed, n.hash[:])
	if err != nil {
		return nil, fmt.Errorf("%w: does not decrypt", errHandshake)
	}
	n.counter++
	n.authenticate(sealed)
	return plaintext, nil
}

// mix stirs the Diffie-Hellman secret of a private and a public key into the key.
func (n *noiseState) mix(private, public *[32]byte) error {
	secret, err := curve25519.X25519(private[:], public[:])
	if err != nil {
		return fmt.Errorf("%w: unusable public key", errHandshake)
	}
	salt, key, err := n.expand(secret)
	if err != nil {
		return err
	}
	n.salt, n.counter = salt, 0
	if n.key, err = gcmutil.Prepare(key); err != nil {
		return fmt.Errorf("prepare mixed key: %w", err)
	}
	return nil
}

// finish derives the two traffic keys. What the client reads with is what the
// service writes with.
func (n *noiseState) finish() (read, write cipher.AEAD, err error) {
	clientWrite, clientRead, err := n.expand(nil)
	if err != nil {
		return nil, nil, err
	}
	if read, err = gcmutil.Prepare(clientWrite); err != nil {
		return nil, nil, fmt.Errorf("prepare read key: %w", err)
	}
	if write, err = gcmutil.Prepare(clientRead); err != nil {
		return nil, nil, fmt.Errorf("prepare write key: %w", err)
	}
	return read, write, nil
}

func (n *noiseState) expand(secret []byte) (first, second []byte, err error) {
	out, err := hkdf.Key(sha256.New, secret, n.salt, "", 64)
	if err != nil {
		return nil, nil, fmt.Errorf("expand keys: %w", err)
	}
	return out[:32], out[32:], nil
}

// nonce is the 12-byte AES-GCM nonce of the count-th message under a key.
func nonce(count uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], count)
	return iv
}

// handshakeResult is what a completed handshake tells about the client.
type handshakeResult struct {
	read, write cipher.AEAD
	noiseKey    [32]byte // the client's static key: it identifies a companion at login
	payload     []byte   // the marshalled waWa6.ClientPayload
}

// readFrame and writeFrame are one frame of the wire: three bytes of length and
// the body, without encryption.
type (
	readFrame  func() ([]byte, error)
	writeFrame func([]byte) error
)

// handshake runs the responder's side over two frame functions: client hello,
// server hello with certificate chain, client finish.
func (a *Authority) handshake(read readFrame, write writeFrame) (*handshakeResult, error) {
	state, err := newNoiseState(socket.WAConnHeader)
	if err != nil {
		return nil, err
	}
	hello, err := readHandshake(read)
	if err != nil {
		return nil, err
	}
	if len(hello.GetClientHello().GetEphemeral()) != 32 {
		return nil, fmt.Errorf("%w: client hello without a 32-byte ephemeral key", errHandshake)
	}
	clientEphemeral := (*[32]byte)(hello.GetClientHello().GetEphemeral())
	ephemeral := keys.NewKeyPair()
	state.authenticate(clientEphemeral[:])
	state.authenticate(ephemeral.Pub[:])
	if err := state.mix(ephemeral.Priv, clientEphemeral); err != nil {
		return nil, err
	}
	static := state.encrypt(a.static.Pub[:])
	if err := state.mix(a.static.Priv, clientEphemeral); err != nil {
		return nil, err
	}
	answer, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.Pub[:],
		Static:    static,
		Payload:   state.encrypt(a.chain),
	}})
	if err != nil {
		return nil, fmt.Errorf("marshal server hello: %w", err)
	}
	if err := write(answer); err != nil {
		return nil, err
	}
	return state.readFinish(read, ephemeral)
}

// readFinish reads the client's last message and derives the traffic keys.
func (n *noiseState) readFinish(read readFrame, ephemeral *keys.KeyPair) (*handshakeResult, error) {
	message, err := readHandshake(read)
	if err != nil {
		return nil, err
	}
	static, err := n.decrypt(message.GetClientFinish().GetStatic())
	if err != nil {
		return nil, err
	}
	if len(static) != 32 {
		return nil, fmt.Errorf("%w: static key of %d bytes", errHandshake, len(static))
	}
	result := &handshakeResult{noiseKey: [32]byte(static)}
	if err := n.mix(ephemeral.Priv, &result.noiseKey); err != nil {
		return nil, err
	}
	if result.payload, err = n.decrypt(message.GetClientFinish().GetPayload()); err != nil {
		return nil, err
	}
	if result.read, result.write, err = n.finish(); err != nil {
		return nil, err
	}
	return result, nil
}

func readHandshake(read readFrame) (*waWa6.HandshakeMessage, error) {
	frame, err := read()
	if err != nil {
		return nil, err
	}
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(frame, &message); err != nil {
		return nil, fmt.Errorf("%w: not a handshake message", errHandshake)
	}
	return &message, nil
}
