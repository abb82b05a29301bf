package media

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// Use is what the keys of a file are derived for; a picture's key does not open a
// document.
type Use string

// The uses, as the library has them in its MediaType.
const (
	Image    Use = "WhatsApp Image Keys" // also of stickers
	Video    Use = "WhatsApp Video Keys"
	Audio    Use = "WhatsApp Audio Keys"
	Document Use = "WhatsApp Document Keys"
	History  Use = "WhatsApp History Keys"
	AppState Use = "WhatsApp App State Keys"
)

// kinds are the names of uses in addresses.
var kinds = map[Use]string{
	Image: "image", Video: "video", Audio: "audio", Document: "document", History: "md-msg-hist", AppState: "md-app-state",
}

// ErrSeal says that an encrypted file is damaged or was sealed with another key.
var ErrSeal = errors.New("attachment does not open")

// macSize is how much of the authentication code a file ends with.
const macSize = 10

// Sealed is an encrypted file with what is needed to find and open it.
type Sealed struct {
	Key           []byte // 32 bytes
	Hash, EncHash []byte // SHA-256 of the plain and of the encrypted file
	Size          int64  // of the plain file
	Data          []byte // the encrypted file
}

// Seal encrypts a file with a new key.
func Seal(plain []byte, use Use) (Sealed, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, by its documentation
	return SealWith(key, plain, use)
}

// SealWith encrypts a file with a given key, as a phone does that uploads one again.
func SealWith(key, plain []byte, use Use) (Sealed, error) {
	block, iv, macKey, err := expand(key, use)
	if err != nil {
		return Sealed{}, err
	}
	fill := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(slices.Clone(plain), slices.Repeat([]byte{byte(fill)}, fill)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	data := slices.Concat(padded, authenticate(macKey, iv, padded))
	hash, encHash := sha256.Sum256(plain), sha256.Sum256(data)
	return Sealed{Key: key, Hash: hash[:], EncHash: encHash[:], Size: int64(len(plain)), Data: data}, nil
}

// Open decrypts a file.
func Open(data, key []byte, use Use) ([]byte, error) {
	block, iv, macKey, err := expand(key, use)
	if err != nil {
		return nil, err
	}
	if len(data) < macSize+aes.BlockSize || (len(data)-macSize)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrSeal, len(data))
	}
	sealed, mac := data[:len(data)-macSize], data[len(data)-macSize:]
	if !hmac.Equal(authenticate(macKey, iv, sealed), mac) {
		return nil, fmt.Errorf("%w: authentication", ErrSeal)
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	fill := int(plain[len(plain)-1])
	if fill == 0 || fill > aes.BlockSize {
		return nil, fmt.Errorf("%w: padding", ErrSeal)
	}
	return plain[:len(plain)-fill], nil
}

// expand derives what a file is encrypted and authenticated with.
func expand(key []byte, use Use) (block cipher.Block, iv, macKey []byte, err error) {
	expanded, err := hkdf.Key(sha256.New, key, nil, string(use), 112)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("derive media keys: %w", err)
	}
	block, err = aes.NewCipher(expanded[16:48])
	if err != nil {
		return nil, nil, nil, fmt.Errorf("prepare media cipher: %w", err)
	}
	return block, expanded[:16], expanded[48:80], nil
}

func authenticate(macKey, iv, sealed []byte) []byte {
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(sealed)
	return mac.Sum(nil)[:macSize]
}
