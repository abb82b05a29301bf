package router

import (
	"bytes"
	"hash/maphash"
	"slices"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/violation"
)

// The first bytes of what an account and a linked device sign (the library has them as
// AdvAccountSignaturePrefix and AdvDeviceSignaturePrefix, in its root package).
var (
	accountPrefix = []byte{6, 0}
	devicePrefix  = []byte{6, 1}
)

var identitySeed = maphash.MakeSeed()

// checkIdentity looks at what a linked device shows to those it writes to for the first
// time: account and device have signed each other's keys. Whoever gets anything else
// drops the message.
func (r *Router) checkIdentity(d *device, id string, shown []byte) {
	hash := maphash.Bytes(identitySeed, shown)
	if d.index == 0 || d.vouched == hash {
		return
	}
	account, own := d.account.devices[0].keys.Identity, d.keys.Identity
	var signed waAdv.ADVSignedDeviceIdentity
	err := proto.Unmarshal(shown, &signed)
	ours := slices.Concat(accountPrefix, signed.GetDetails(), own)
	theirs := slices.Concat(devicePrefix, signed.GetDetails(), own, account)
	if err != nil || !signedBy(account, ours, signed.GetAccountSignature()) || !signedBy(own, theirs, signed.GetDeviceSignature()) {
		r.violations.Add(violation.Identity, d.String(), id, "a device-identity that the account or the device has not signed")
		return
	}
	d.vouched = hash
}

func signedBy(key, message, signature []byte) bool {
	return len(key) == 32 && len(signature) == 64 &&
		ecc.VerifySignature(ecc.NewDjbECPublicKey([32]byte(key)), message, [64]byte(signature))
}

// checkSender looks at the identity key in a ciphertext that begins a session.
func (r *Router) checkSender(d *device, id string, at position) {
	if at.identity != "" && !bytes.Equal([]byte(at.identity), d.keys.Identity) {
		r.violations.Add(violation.Identity, d.String(), id, "a session begun with the identity key of another device")
	}
}
