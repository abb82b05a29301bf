package models

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
)

// What subkeys are derived for. The strings are part of the stored format: a
// change makes everything sealed before unreadable.
const (
	purposeKeyCheck  = "key-check"
	purposeKeyLookup = "api-key-lookup"
	purposeKeySeal   = "api-key-seal"
	purposeProxy     = "device-proxy"
	purposeData      = "device-data"
)

// sealVersion is the first byte of everything sealed.
const sealVersion = 1

// vault holds the server key and does everything that needs it.
type vault struct {
	key    []byte
	lookup []byte
	macs   sync.Pool // of hash.Hash, made with lookup: making one costs more than using it
	data   sync.Map  // cipher.AEAD by device ID: what a device is sent and sends
}

func newVault(key []byte) (*vault, error) {
	if len(key) != serverKeySize {
		return nil, faultf(ErrWrongKey, nil, "the server key must have %d bytes, not %d", serverKeySize, len(key))
	}
	v := &vault{key: append([]byte(nil), key...)}
	var err error
	if v.lookup, err = v.subkey(purposeKeyLookup); err != nil {
		return nil, err
	}
	v.macs.New = func() any { return hmac.New(sha256.New, v.lookup) }
	return v, nil
}

// subkey derives the 32-byte key for one purpose (HKDF with SHA-256).
func (v *vault) subkey(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, v.key, nil, "wadah "+purpose, 32)
}

// fingerprint is a value by which a database recognises its server key. It
// reveals nothing about it.
func (v *vault) fingerprint() (string, error) {
	k, err := v.subkey(purposeKeyCheck)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(k), nil
}

// keyHash is under which an API key is found in its table.
func (v *vault) keyHash(value string) [32]byte {
	mac := v.macs.Get().(hash.Hash)
	defer v.macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(value))
	var sum [32]byte
	mac.Sum(sum[:0])
	return sum
}

func (v *vault) aead(purpose string) (cipher.AEAD, error) {
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

// seal encrypts plain with AES-256-GCM so that only the same purpose and owner (a
// row's ID) open it: a sealed value copied into another row is worthless.
func (v *vault) seal(purpose, owner, plain string) ([]byte, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", purpose, err)
	}
	// No nonce is given: the AEAD makes a random one and puts it in front.
	return aead.Seal([]byte{sealVersion}, nil, []byte(plain), []byte(owner)), nil //nolint:gosec // what is taken for a constant nonce is where the result is appended
}

// unseal is the reverse of seal; the error is ErrCorrupt.
func (v *vault) unseal(purpose, owner string, sealed []byte) (string, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return "", faultf(ErrCorrupt, nil, "a sealed value (%s) is damaged; set it again", purpose)
	}
	aead, err := v.aead(purpose)
	if err != nil {
		return "", fmt.Errorf("unseal %s: %w", purpose, err)
	}
	plain, err := aead.Open(nil, nil, sealed[1:], []byte(owner))
	if err != nil {
		return "", faultf(ErrCorrupt, err, "a sealed value (%s) is damaged; set it again", purpose)
	}
	return string(plain), nil
}

// sealData encrypts what a device was sent or sends with a key of that device's own.
// Owner is the row's ID. nil stays nil: nothing is kept.
func (v *vault) sealData(deviceID, owner string, plain []byte) ([]byte, error) {
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

// openData is the reverse of sealData; the error is ErrCorrupt.
func (v *vault) openData(deviceID, owner string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	aead, err := v.dataAEAD(deviceID)
	if err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, faultf(ErrCorrupt, nil, "a sealed message is damaged")
	}
	plain, err := aead.Open(nil, nil, sealed[1:], []byte(owner))
	if err != nil {
		return nil, faultf(ErrCorrupt, err, "a sealed message is damaged")
	}
	return plain, nil
}

// SealData encrypts what belongs to a device with a key of that device's own; owner is
// what it is stored under. nil stays nil.
func (s *Store) SealData(deviceID, owner string, plain []byte) ([]byte, error) {
	return s.vault.sealData(deviceID, "outside "+owner, plain)
}

// OpenData is the reverse of SealData; the error is ErrCorrupt.
func (s *Store) OpenData(deviceID, owner string, sealed []byte) ([]byte, error) {
	return s.vault.openData(deviceID, "outside "+owner, sealed)
}

// dataAEAD is the cipher of one device's data. The device's ID is part of the purpose
// that the key is derived for.
func (v *vault) dataAEAD(deviceID string) (cipher.AEAD, error) {
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

// Seal encrypts a secret under the server key, for a setting or another place at
// rest. Purpose names the kind of secret, owner the row it belongs to; both are
// needed to open it again. The result is text.
func (s *Store) Seal(purpose, owner, plain string) (string, error) {
	b, err := s.vault.seal("setting "+purpose, owner, plain)
	return hex.EncodeToString(b), err
}

// Unseal is the reverse of Seal. ErrCorrupt when the text was not made by Seal for
// the same purpose, owner and server key.
func (s *Store) Unseal(purpose, owner, sealed string) (string, error) {
	b, err := hex.DecodeString(sealed)
	if err != nil {
		return "", faultf(ErrCorrupt, err, "a sealed value (%s) is damaged; set it again", purpose)
	}
	return s.vault.unseal("setting "+purpose, owner, b)
}
