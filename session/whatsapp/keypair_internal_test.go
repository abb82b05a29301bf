package whatsapp

import (
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/curve25519"
)

// TestKeyPairVector is Alice's key of RFC 7748, section 6.1.
func TestKeyPairVector(t *testing.T) {
	private, err := hex.DecodeString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
	if err != nil {
		t.Fatal(err)
	}
	const want = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
	pair := keyPair([32]byte(private))
	if got := hex.EncodeToString(pair.Pub[:]); got != want {
		t.Errorf("public key %s, want %s", got, want)
	}
	if [32]byte(private) != *pair.Priv {
		t.Error("the private key changed")
	}
}

// TestNewPreKey compares with the usual way to a public key.
func TestNewPreKey(t *testing.T) {
	for id := range uint32(200) {
		key := newPreKey(id)
		want, err := curve25519.X25519(key.Priv[:], curve25519.Basepoint)
		if err != nil {
			t.Fatal(err)
		}
		if [32]byte(want) != *key.Pub || key.KeyID != id || key.Signature != nil {
			t.Fatalf("key %+v, want public %x", key, want)
		}
	}
}

func BenchmarkNewPreKey(b *testing.B) {
	for b.Loop() {
		newPreKey(1)
	}
}
