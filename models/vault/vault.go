// Package vault does everything that needs the server key.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"

	"wadah/models/engine"
)

// What subkeys are derived for. The strings are part of the stored format: a
// change makes everything sealed before unreadable.
const (
	purposeKeyCheck  = "key-check"
	purposeKeyLookup = "api-key-lookup"
	purposeData      = "device-data"

	ForKeys  = "api-key-seal"
	ForProxy = "device-proxy"
)

// sealVersion is the first byte of everything sealed.
const sealVersion = 1

// Vault holds the server key and does everything that needs it.
type Vault struct {
	key    []byte
	lookup []byte
	macs   sync.Pool // of hash.Hash, made with lookup: making one costs more than using it
	data   sync.Map  // cipher.AEAD by device ID: what a device is sent and sends
}

// New makes a vault of a server key; ErrWrongKey when it has not the length of one.
func New(key []byte) (*Vault, error) {
	if len(key) != serverKeySize {
		return nil, engine.Faultf(engine.ErrWrongKey, nil, "the server key must have %d bytes, not %d", serverKeySize, len(key))
	}
	v := &Vault{key: append([]byte(nil), key...)}
	var err error
	if v.lookup, err = v.subkey(purposeKeyLookup); err != nil {
		return nil, err
	}
	v.macs.New = func() any { return hmac.New(sha256.New, v.lookup) }
	return v, nil
}

// subkey derives the 32-byte key for one purpose (HKDF with SHA-256).
func (v *Vault) subkey(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, v.key, nil, "wadah "+purpose, 32)
}

// Fingerprint is a value by which a database recognises its server key. It
// reveals nothing about it.
func (v *Vault) Fingerprint() (string, error) {
	k, err := v.subkey(purposeKeyCheck)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(k), nil
}

// KeyHash is under which an API key is found in its table.
func (v *Vault) KeyHash(value string) [32]byte {
	mac := v.macs.Get().(hash.Hash)
	defer v.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(value))
	var sum [32]byte
	mac.Sum(sum[:0])
	return sum
}

func (v *Vault) aead(purpose string) (cipher.AEAD, error) {
	k, err := v.subkey(purpose)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain with AES-256-GCM so that only the same purpose and owner (a
// row's ID) open it: a sealed value copied into another row is worthless.
func (v *Vault) Seal(purpose, owner, plain string) ([]byte, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", purpose, err)
	}
	// No nonce is given: the AEAD makes a random one and puts it in front.
	return aead.Seal([]byte{sealVersion}, nil, []byte(plain), []byte(owner)), nil //nolint:gosec // what is taken for a constant nonce is where the result is appended
}

// Unseal is the reverse of Seal; the error is ErrCorrupt.
func (v *Vault) Unseal(purpose, owner string, sealed []byte) (string, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return "", engine.Faultf(engine.ErrCorrupt, nil, "a sealed value (%s) is damaged; set it again", purpose)
	}
	aead, err := v.aead(purpose)
	if err != nil {
		return "", fmt.Errorf("unseal %s: %w", purpose, err)
	}
	plain, err := aead.Open(nil, nil, sealed[1:], []byte(owner))
	if err != nil {
		return "", engine.Faultf(engine.ErrCorrupt, err, "a sealed value (%s) is damaged; set it again", purpose)
	}
	return string(plain), nil
}

// SealData encrypts what a device was sent or sends with a key of that device's own.
// Owner is the row's ID. nil stays nil: nothing is kept.
func (v *Vault) SealData(deviceID, owner string, plain []byte) ([]byte, error) {
	if plain == nil {
		return nil, nil
	}
	aead, err := v.dataAEAD(deviceID)
	if err != nil {
		return nil, fmt.Errorf("seal data: %w", err)
	}
	out := make([]byte, 1, 1+len(plain)+aead.Overhead())
	out[0] = sealVersion
	return aead.Seal(out, nil, plain, []byte(owner)), nil //nolint:gosec // the AEAD makes the nonce
}

// OpenData is the reverse of SealData; the error is ErrCorrupt.
func (v *Vault) OpenData(deviceID, owner string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	aead, err := v.dataAEAD(deviceID)
	if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, engine.Faultf(engine.ErrCorrupt, nil, "a sealed message is damaged")
	}
	plain, err := aead.Open(nil, nil, sealed[1:], []byte(owner))
	if err != nil {
		return nil, engine.Faultf(engine.ErrCorrupt, err, "a sealed message is damaged")
	}
	return plain, nil
}

// dataAEAD is the cipher of one device's data. The device's ID is part of the purpose
// that the key is derived for.
func (v *Vault) dataAEAD(deviceID string) (cipher.AEAD, error) {
	if aead, ok := v.data.Load(deviceID); ok {
		return aead.(cipher.AEAD), nil
	}
	aead, err := v.aead(purposeData + " " + deviceID)
	if err != nil {
		return nil, err
	}
	v.data.Store(deviceID, aead)
	return aead, nil
}
