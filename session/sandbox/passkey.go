package sandbox

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"wadah/session/sandbox/stanza"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"google.golang.org/protobuf/proto"
)

// Linking with a passkey (pair-passkey.go of the library). After the scan the
// device is asked for an assertion of the account's passkey. With it, the device
// commits to an ephemeral key; the phone answers with its own; the device opens its
// commitment, both show the same code, and the device sends its keys encrypted. A
// device that proves that its own QR code was scanned need not have the code compared.

// passkeyTime is how long a person has for the passkey, as the request tells.
const passkeyTime = 10 * time.Minute

// passkeyLink is the state of that exchange; guarded by Service.mu.
type passkeyLink struct {
	asked     chan struct{} // closed: the person at the phone need not wait
	challenge []byte
	options   []byte // JSON, as the device was sent it
	handoff   []byte // key of the proof that the device's own code was scanned
	ref       string // given to the device for this exchange

	identity   []byte // the device's marshalled ephemeral identity
	device     [32]byte
	deviceType int32
	commitment []byte
	proven     bool
	ephemeral  *keys.KeyPair
	nonce      []byte
	code       string
	held       []byte // the device's secret, until the person has compared the codes
}

// askPasskey sends the request for the passkey to the device.
func (s *Service) askPasskey(l *link) error {
	challenge := make([]byte, 32)
	_, _ = rand.Read(challenge) // never fails, by its documentation
	options, err := json.Marshal(types.WebAuthnPublicKey{
		Challenge: challenge, Timeout: int(passkeyTime.Milliseconds()), RelyingPartID: relyingParty,
		AllowCredentials: []types.AllowedCredential{{
			ID: l.phone.credentialID(), Type: "public-key", Transports: []string{"hybrid", "internal"},
		}},
		UserVerification: "required",
	})
	if err != nil {
		return fmt.Errorf("marshal passkey options: %w", err)
	}
	handoff, err := hkdf.Key(sha256.New, l.advSecret, nil, "shortcake-passkey-handoff-v1", 32)
	if err != nil {
		return fmt.Errorf("derive handoff key: %w", err)
	}
	s.mu.Lock()
	l.passkey.challenge, l.passkey.options, l.passkey.handoff = challenge, options, handoff
	l.step = StepPasskey
	l.timer = s.after(passkeyTime, func() { s.abandon(l, ErrDeviceSilent) })
	s.changed()
	s.mu.Unlock()
	s.log.Info("passkey asked for", slog.String("conn", l.registration.conn.id))
	request := l.notify("passkey_prologue_request", stanza.Blob("passkey_request_options", options))
	if err := l.registration.conn.Send(request); err != nil {
		return err
	}
	close(l.passkey.asked)
	return nil
}

func newPasskeyLink() *passkeyLink {
	p := &passkeyLink{asked: make(chan struct{}), ephemeral: keys.NewKeyPair(), nonce: make([]byte, 32)}
	_, _ = rand.Read(p.nonce) // never fails, by its documentation
	return p
}

func (l *link) notify(kind string, child waBinary.Node) waBinary.Node {
	return stanza.New("notification", waBinary.Attrs{
		"from": types.ServerJID, "type": kind, "id": l.registration.conn.newID(), "t": stanza.Unix(time.Now()),
	}, child)
}

// shownCode is what the phone shows to be compared. The caller holds mu.
func (l *link) shownCode() string {
	if l.step != StepConfirm {
		return ""
	}
	return l.passkey.code
}

// handlePasskey answers the device's side of the exchange. A step that is out of
// turn or does not check out is refused.
func (c *conn) handlePasskey(id string, node *waBinary.Node) error {
	c.s.mu.Lock()
	var l *link
	if c.registration != nil {
		l = c.registration.link
	}
	if l == nil || l.over || l.passkey == nil || l.step == StepPairing {
		c.s.mu.Unlock()
		return c.Send(stanza.Refusal(id, 400, "bad-request"))
	}
	reply := l.passkeyStep(node)
	if reply.offer {
		l.step = StepPairing // so that the same keys sent again change nothing
	}
	c.s.changed()
	c.s.mu.Unlock()
	if reply.refused {
		return c.Send(stanza.Refusal(id, 401, "not-authorized"))
	}
	if err := c.Send(stanza.Result(id, reply.answer...)); err != nil {
		return err
	}
	switch {
	case reply.notification != nil:
		return c.Send(l.notify("crsc_continuation", *reply.notification))
	case reply.offer:
		return c.s.offer(l)
	}
	return nil
}

// passkeyReply is what a step of the device leads to.
type passkeyReply struct {
	refused      bool
	answer       []waBinary.Node
	notification *waBinary.Node // sent behind the answer
	offer        bool           // the device's keys are known: the link goes on
}

// passkeyStep takes one step of the device. The caller holds mu.
func (l *link) passkeyStep(node *waBinary.Node) (reply passkeyReply) {
	p := l.passkey
	switch stanza.Kind(node) {
	case "md get ref":
		p.ref = newRef()
		reply.answer = []waBinary.Node{stanza.Blob("ref", []byte(p.ref))}
	case "md get passkey_request_options":
		reply.answer = []waBinary.Node{stanza.Blob("passkey_request_options", p.options)}
	case "md set passkey_prologue":
		prologue := stanza.Child(node, "passkey_prologue")
		if reply.refused = !l.acceptPrologue(&prologue); !reply.refused {
			l.step = StepPasskey
			reply.notification = new(stanza.Blob("primary_ephemeral_identity", p.primaryIdentity()))
		}
	case "md set companion_nonce":
		if reply.refused = !p.openCommitment(stanza.Content(node, "companion_nonce")); !reply.refused {
			l.step = StepConfirm
		}
	case "md set encrypted_pairing_request":
		secret, ok := l.openKeys(stanza.Content(node, "encrypted_pairing_request"))
		switch {
		case !ok:
			reply.refused = true
		case p.proven:
			l.advSecret, reply.offer = secret, true
		default:
			p.held = secret
		}
	}
	return reply
}

// acceptPrologue checks the assertion and takes the device's commitment. The
// caller holds mu.
func (l *link) acceptPrologue(node *waBinary.Node) bool {
	p := l.passkey
	payload := stanza.Content(node, "prologue_payload")
	var prologue waCompanionReg.ProloguePayload
	var identity waCompanionReg.CompanionEphemeralIdentity
	if p.ref == "" || proto.Unmarshal(payload, &prologue) != nil ||
		proto.Unmarshal(prologue.GetCompanionEphemeralIdentity(), &identity) != nil ||
		len(identity.GetPublicKey()) != 32 || identity.GetRef() != p.ref || len(prologue.GetCommitment().GetHash()) != 32 ||
		!l.phone.checkAssertion(stanza.Content(node, "credential_id"), stanza.Content(node, "webauthn_assertion"), p.challenge) {
		return false
	}
	p.proven, p.code, p.held = false, "", nil
	if proof := stanza.Content(node, "pairing_handoff_proof"); proof != nil {
		mac := hmac.New(sha256.New, p.handoff)
		mac.Write(payload)
		if !hmac.Equal(mac.Sum(nil), proof) {
			return false
		}
		p.proven = true
	}
	p.identity, p.device = prologue.GetCompanionEphemeralIdentity(), [32]byte(identity.GetPublicKey())
	p.deviceType, p.commitment = int32(identity.GetDeviceType()), prologue.GetCommitment().GetHash()
	return true
}

// primaryIdentity is the phone's half of the exchange.
func (p *passkeyLink) primaryIdentity() []byte {
	// A message of two byte fields always marshals.
	raw, _ := proto.Marshal(&waCompanionReg.PrimaryEphemeralIdentity{PublicKey: p.ephemeral.Pub[:], Nonce: p.nonce})
	return raw
}

// openCommitment checks that the device has not changed its mind, and makes the
// code that both sides show.
func (p *passkeyLink) openCommitment(nonce []byte) bool {
	hash := sha256.Sum256(slices.Concat(p.identity, nonce))
	if len(nonce) != 32 || !slices.Equal(hash[:], p.commitment) {
		return false
	}
	digest := sha256.Sum256(slices.Concat(nonce, p.ephemeral.Pub[:]))
	var code [5]byte
	for i := range code {
		code[i] = p.nonce[i] ^ digest[i]
	}
	text := base32.NewEncoding(codeAlphabet).EncodeToString(code[:])
	p.code = text[:4] + "-" + text[4:]
	return true
}

// openKeys decrypts the device's keys and returns the secret among them. The caller
// holds mu.
func (l *link) openKeys(wrapped []byte) (advSecret []byte, ok bool) {
	p := l.passkey
	var sealed waCompanionReg.EncryptedPairingRequest
	if p.code == "" || proto.Unmarshal(wrapped, &sealed) != nil || len(sealed.GetIV()) != 12 {
		return nil, false
	}
	shared, err := curve25519.X25519(p.ephemeral.Priv[:], p.device[:])
	if err != nil {
		return nil, false
	}
	salt := fmt.Sprintf("Companion Pairing %d with ref %s", p.deviceType, p.ref)
	key, err := hkdf.Key(sha256.New, shared, []byte(salt), "Pairing Information Encryption Key", 32)
	if err != nil {
		return nil, false
	}
	plain, err := gcmutil.Decrypt(key, sealed.GetIV(), sealed.GetEncryptedPayload(), nil)
	var request waCompanionReg.PairingRequest
	if err != nil || proto.Unmarshal(plain, &request) != nil {
		return nil, false
	}
	r := l.registration
	genuine := slices.Equal(request.GetCompanionPublicKey(), r.conn.noiseKey[:]) &&
		slices.Equal(request.GetCompanionIdentityKey(), r.keys.identity[:])
	return request.GetAdvSecret(), genuine && len(request.GetAdvSecret()) == 32
}
