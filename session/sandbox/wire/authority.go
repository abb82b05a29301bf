package wire

import (
	"crypto/sha256"
	"fmt"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/proto/waCert"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// The serial numbers of the chain: the library wants the intermediate
// certificate issued by 0 (WACertIssuerSerial) and the leaf issued by it.
const (
	rootSerial         = 0
	intermediateSerial = 1
	leafSerial         = 2
)

// certLife is how long before and after the start of the service its
// certificates are valid.
const certLife = 366 * 24 * time.Hour

// Authority is the service's cryptographic identity: the Noise static key and
// the certificate chain that ends at the root key.
type Authority struct {
	root   [32]byte // public
	static *keys.KeyPair
	chain  []byte // marshalled waCert.CertChain
}

// RootKey is the public key that the certificates end at.
func (a *Authority) RootKey() [32]byte { return a.root }

// RootKeyFromSeed returns the public root key of a service started with this
// seed, without starting one: the value a client needs in whatsmeow.WACertPubKey.
func RootKeyFromSeed(seed string) [32]byte {
	return *keyFromSeed(seed, "root").Pub
}

// keyFromSeed derives a key pair from the seed, a different one for every use.
func keyFromSeed(seed, use string) *keys.KeyPair {
	private := sha256.Sum256([]byte("wadah sandbox\x00" + use + "\x00" + seed))
	private[0] &= 248
	private[31] &= 127
	private[31] |= 64
	return keys.NewKeyPairFromPrivateKey(private)
}

// NewAuthority makes the identity that belongs to a seed, valid at this time.
func NewAuthority(seed string, now time.Time) (*Authority, error) {
	root := keyFromSeed(seed, "root")
	intermediate := keyFromSeed(seed, "intermediate")
	static := keyFromSeed(seed, "leaf")
	first, err := certify(root, intermediate, intermediateSerial, rootSerial, now)
	if err != nil {
		return nil, err
	}
	second, err := certify(intermediate, static, leafSerial, intermediateSerial, now)
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Leaf: second, Intermediate: first})
	if err != nil {
		return nil, fmt.Errorf("marshal certificate chain: %w", err)
	}
	return &Authority{root: *root.Pub, static: static, chain: chain}, nil
}

// certify signs the subject's public key with the issuer's private one.
func certify(issuer, subject *keys.KeyPair, serial, issuerSerial uint32, now time.Time) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial:       proto.Uint32(serial),
		IssuerSerial: proto.Uint32(issuerSerial),
		Key:          subject.Pub[:],
		NotBefore:    proto.Uint64(uint64(now.Add(-certLife).Unix())),
		NotAfter:     proto.Uint64(uint64(now.Add(certLife).Unix())),
	})
	if err != nil {
		return nil, fmt.Errorf("marshal certificate: %w", err)
	}
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*issuer.Priv), details)
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signature[:]}, nil
}
