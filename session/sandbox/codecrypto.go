package sandbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"wadah/session/sandbox/stanza"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"golang.org/x/crypto/curve25519"
)

// codeIterations is how often PBKDF2 hashes a code.
const codeIterations = 2 << 16

// unwrap takes the device's key out of its wrapping and makes the phone's answer.
// Nothing shows yet whether the code is right.
func (e *codeEntry) unwrap(code string) (waBinary.Node, error) {
	var err error
	salt, iv := e.code.wrapped[:32], e.code.wrapped[32:48]
	if e.device, err = codeCipher(code, salt, iv, e.code.wrapped[48:]); err != nil {
		return waBinary.Node{}, err
	}
	fresh := make([]byte, 48)
	_, _ = rand.Read(fresh) // never fails, by its documentation
	sealed, err := codeCipher(code, fresh[:32], fresh[32:], e.ephemeral.Pub[:])
	if err != nil {
		return waBinary.Node{}, err
	}
	return stanza.New("notification", waBinary.Attrs{
		"from": types.ServerJID, "type": "link_code_companion_reg", "id": e.code.registration.conn.newID(),
		"t": stanza.Unix(time.Now()),
	}, stanza.New("link_code_companion_reg", waBinary.Attrs{"stage": "primary_hello"},
		stanza.Blob("link_code_pairing_wrapped_primary_ephemeral_pub", append(fresh, sealed...)),
		stanza.Blob("primary_identity_pub", e.phone.identity.Pub[:]),
		stanza.Blob("link_code_pairing_ref", []byte(e.code.ref)))), nil
}

// codeCipher wraps and unwraps a key with a code; it is its own inverse.
func codeCipher(code string, salt, iv, key []byte) ([]byte, error) {
	derived, err := pbkdf2.Key(sha256.New, code, salt, codeIterations, 32)
	if err != nil {
		return nil, fmt.Errorf("derive key from code: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("prepare code cipher: %w", err)
	}
	out := make([]byte, len(key))
	cipher.NewCTR(block, iv).XORKeyStream(out, key)
	return out, nil
}

// open decrypts the key bundle and derives the secret that authenticates
// pair-success; false when the code on the two sides differs.
func (e *codeEntry) open(bundle, identity []byte) (secret []byte, ok bool) {
	device := e.code.registration.keys.identity
	if len(bundle) < 32+12 || !slices.Equal(identity, device[:]) {
		return nil, false
	}
	shared, err := curve25519.X25519(e.ephemeral.Priv[:], e.device)
	if err != nil {
		return nil, false
	}
	key, err := hkdf.Key(sha256.New, shared, bundle[:32], "link_code_pairing_key_bundle_encryption_key", 32)
	if err != nil {
		return nil, false
	}
	plain, err := gcmutil.Decrypt(key, bundle[32:44], bundle[44:], nil)
	if err != nil || len(plain) != 96 || !slices.Equal(plain[:32], device[:]) ||
		!slices.Equal(plain[32:64], e.phone.identity.Pub[:]) {
		return nil, false
	}
	identities, err := curve25519.X25519(e.phone.identity.Priv[:], device[:])
	if err != nil {
		return nil, false
	}
	secret, err = hkdf.Key(sha256.New, slices.Concat(shared, identities, plain[64:]), nil, "adv_secret", 32)
	return secret, err == nil
}
