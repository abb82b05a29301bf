package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.mau.fi/whatsmeow/types"
)

// Whatever was put, deleted or rolled back before: the key that was put last is the one
// that is trusted.
func TestIdentitiesAreStored(t *testing.T) {
	own := types.NewADJID("6281", 0, 1)
	c, _ := newDevices(t, own)
	device, err := c.load(t.Context(), own.String(), &guard{fail: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	one, two, none := [32]byte{1}, [32]byte{2}, [32]byte{9}
	put := func(ctx context.Context, address string, key [32]byte) {
		t.Helper()
		if err := device.Identities.PutIdentity(ctx, address, key); err != nil {
			t.Fatal(err)
		}
	}
	stored := func(address string, key [32]byte) {
		t.Helper()
		// Nobody is trusted but who is stored, and anybody where nobody is.
		for _, k := range [][32]byte{key, none} {
			trusted, err := device.Identities.IsTrustedIdentity(t.Context(), address, k)
			if err != nil || trusted != (k == key) {
				t.Fatalf("%s: key %d trusted: %t, %v; %d is to be stored", address, k[0], trusted, err, key[0])
			}
		}
	}
	put(t.Context(), "11:0", one)
	put(t.Context(), "11:0", one)
	stored("11:0", one)
	put(t.Context(), "11:0", two)
	stored("11:0", two)
	if err := device.Identities.DeleteIdentity(t.Context(), "11:0"); err != nil {
		t.Fatal(err)
	}
	put(t.Context(), "11:0", two)
	stored("11:0", two)
	if err := device.Identities.DeleteAllIdentities(t.Context(), "11"); err != nil {
		t.Fatal(err)
	}
	put(t.Context(), "11:0", two)
	stored("11:0", two)

	bad := errors.New("the message is odd")
	err = device.EventBuffer.DoDecryptionTxn(t.Context(), func(ctx context.Context) error {
		put(ctx, "12:0", one)
		return bad
	})
	if !errors.Is(err, bad) {
		t.Fatal(err)
	}
	put(t.Context(), "12:0", one)
	stored("12:0", one)

	for n := range identitiesLimit + 1 {
		put(t.Context(), fmt.Sprintf("%d:1", n), one)
	}
	put(t.Context(), "0:1", two)
	stored("0:1", two)
}
