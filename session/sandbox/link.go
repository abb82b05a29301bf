package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"wadah/session/sandbox/stanza"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"google.golang.org/protobuf/proto"
)

// pairAnswerTimeout is how long a device may take to confirm pair-success. It
// stores its keys in between.
const pairAnswerTimeout = 30 * time.Second

// The first bytes of what the account and the device sign (the library has them
// as AdvAccountSignaturePrefix and AdvDeviceSignaturePrefix, in its root package).
var (
	accountPrefix = []byte{6, 0}
	devicePrefix  = []byte{6, 1}
)

// link is one attempt to link a registering device to a phone, from the moment
// the phone knows the device's keys. It is guarded by Service.mu.
type link struct {
	registration *registration
	phone        *phone
	index        uint16
	keyIndex     uint32
	advSecret    []byte
	details      []byte // the marshalled device identity both sides sign
	id           string // of the pair-success request
	step         LinkStep
	passkey      *passkeyLink // nil unless the phone asks for a passkey
	timer        *time.Timer
	over         bool
	outcome      chan linkOutcome // of one; written once
}

type linkOutcome struct {
	companion Companion
	err       error
}

// beginLink reserves a place on the phone for the registration's device. The
// caller holds mu.
func (s *Service) beginLink(r *registration, p *phone, advSecret []byte) (*link, error) {
	switch {
	case r.over:
		return nil, ErrDeviceGone
	case r.link != nil:
		return nil, ErrLinking
	case p.places() >= s.cfg.MaxCompanions:
		return nil, ErrPhoneFull
	}
	p.keyIndex++
	l := &link{
		registration: r, phone: p, index: p.freeIndex(), keyIndex: p.keyIndex, advSecret: advSecret,
		step: StepPairing, outcome: make(chan linkOutcome, 1),
	}
	if p.passkey {
		l.passkey = newPasskeyLink()
	}
	r.link = l
	p.links[l] = true
	s.changed()
	return l, nil
}

// failLink gives the place back and tells the phone. The caller holds mu.
func (s *Service) failLink(l *link, reason error) {
	if l.over {
		return
	}
	l.over = true
	if l.timer != nil {
		l.timer.Stop()
	}
	delete(l.phone.links, l)
	s.changed()
	s.stats.linksFailed++
	l.outcome <- linkOutcome{err: reason}
}

// proceed goes on with a link that has just begun: with the passkey, if the phone
// asks for one, or with the identity.
func (s *Service) proceed(l *link) error {
	if l.passkey != nil {
		return s.askPasskey(l)
	}
	return s.offer(l)
}

// offer sends pair-success: the identity the phone made for the device, signed by
// the account and authenticated with the secret that only the code carries.
func (s *Service) offer(l *link) error {
	r := l.registration
	if err := l.phone.set.Prepare(); err != nil {
		return fmt.Errorf("prepare what the phone shares: %w", err)
	}
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID:       proto.Uint32(l.phone.rawID),
		Timestamp:   proto.Uint64(uint64(time.Now().Unix())),
		KeyIndex:    proto.Uint32(l.keyIndex),
		AccountType: waAdv.ADVEncryptionType_E2EE.Enum(),
		DeviceType:  waAdv.ADVEncryptionType_E2EE.Enum(),
	})
	if err != nil {
		return fmt.Errorf("marshal device identity: %w", err)
	}
	identity, err := signIdentity(l.phone, details, r.keys.identity[:], l.advSecret)
	if err != nil {
		return err
	}
	fault := s.takeLinkFault(l.phone.number)
	id := r.conn.newID()
	s.mu.Lock()
	l.details, l.id, l.step = details, id, StepPairing
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = s.after(pairAnswerTimeout, func() { s.abandon(l, ErrDeviceSilent) })
	s.changed()
	s.mu.Unlock()
	offer := stanza.Request(id, s.pairSuccess(l, identity))
	if fault {
		return r.conn.SendAndHangUp(offer)
	}
	return r.conn.Send(offer)
}

func (s *Service) pairSuccess(l *link, identity []byte) waBinary.Node {
	return stanza.New("pair-success", nil,
		stanza.Blob("device-identity", identity),
		stanza.New("biz", waBinary.Attrs{"name": l.phone.name}),
		stanza.New("device", waBinary.Attrs{"jid": l.phone.jidOf(l.index), "lid": l.phone.lidOf(l.index)}),
		stanza.New("platform", waBinary.Attrs{"name": string(l.phone.platform)}),
	)
}

func signIdentity(p *phone, details, device, advSecret []byte) ([]byte, error) {
	message := slices.Concat(accountPrefix, details, device)
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*p.identity.Priv), message)
	signed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentity{
		Details: details, AccountSignatureKey: p.identity.Pub[:], AccountSignature: signature[:],
	})
	if err != nil {
		return nil, fmt.Errorf("marshal signed identity: %w", err)
	}
	mac := hmac.New(sha256.New, advSecret)
	mac.Write(signed)
	sealed, err := proto.Marshal(&waAdv.ADVSignedDeviceIdentityHMAC{Details: signed, HMAC: mac.Sum(nil)})
	if err != nil {
		return nil, fmt.Errorf("marshal identity container: %w", err)
	}
	return sealed, nil
}

// await waits for the outcome of a link. The link goes on when ctx ends: closing
// the page does not stop a phone that has scanned.
func (s *Service) await(ctx context.Context, l *link) (Companion, error) {
	var asked chan struct{}
	if l.passkey != nil {
		asked = l.passkey.asked
	}
	select {
	case outcome := <-l.outcome:
		return outcome.companion, outcome.err
	case <-asked:
		return Companion{}, ErrPasskeyAsked
	case <-ctx.Done():
		return Companion{}, ctx.Err()
	case <-s.done:
		return Companion{}, ErrClosed
	}
}

// abandon gives up on a device.
func (s *Service) abandon(l *link, why error) {
	s.mu.Lock()
	s.failLink(l, why)
	s.mu.Unlock()
	l.registration.conn.End(0)
}

// handlePairAnswer deals with the device's answer to pair-success. Other answers
// confirm what needs no confirmation.
func (c *conn) handlePairAnswer(node *waBinary.Node) {
	c.s.mu.Lock()
	var l *link
	if c.registration != nil {
		l = c.registration.link
	}
	ours := l != nil && l.id != "" && l.id == stanza.Attr(node, "id")
	c.s.mu.Unlock()
	if !ours {
		return
	}
	if stanza.Attr(node, "type") == "error" {
		e := stanza.Child(node, "error")
		reason := fmt.Errorf("%w: %s (%s)", ErrDeviceRefused, stanza.Attr(&e, "text"), stanza.Attr(&e, "code"))
		c.s.mu.Lock()
		c.s.failLink(l, reason)
		c.s.mu.Unlock()
		c.s.log.Info("device refused the link", slog.String("conn", c.id), slog.Any("err", reason))
		c.End(c.s.cfg.CloseLinger)
		return
	}
	identity := l.confirmedBy(node)
	if identity == nil {
		c.s.mu.Lock()
		c.s.failLink(l, ErrDeviceForged)
		c.s.mu.Unlock()
		c.End(c.s.cfg.CloseLinger, failure(codeLoggedOut, nil))
		return
	}
	c.s.complete(l, identity)
}

// confirmedBy verifies the device's signature over the identity it was given, and
// returns that identity as others will see it: signed by both. It is nil when the
// signature is not genuine.
func (l *link) confirmedBy(node *waBinary.Node) []byte {
	sign := stanza.Child(node, "pair-device-sign")
	identityNode := stanza.Child(&sign, "device-identity")
	raw, _ := identityNode.Content.([]byte)
	var identity waAdv.ADVSignedDeviceIdentity
	if len(raw) == 0 || proto.Unmarshal(raw, &identity) != nil {
		return nil
	}
	device := l.registration.keys.identity
	message := slices.Concat(devicePrefix, l.details, device[:], l.phone.identity.Pub[:])
	genuine := slices.Equal(identity.GetDetails(), l.details) &&
		stanza.Attr(&identityNode, "key-index") == strconv.FormatUint(uint64(l.keyIndex), 10) &&
		len(identity.GetDeviceSignature()) == 64 &&
		ecc.VerifySignature(ecc.NewDjbECPublicKey(device), message, [64]byte(identity.GetDeviceSignature()))
	if !genuine {
		return nil
	}
	// The device leaves the account's key out: everybody who talks to it has that.
	identity.AccountSignatureKey = l.phone.identity.Pub[:]
	whole, err := proto.Marshal(&identity)
	if err != nil {
		return nil
	}
	return whole
}

// complete makes the device a companion of the phone and asks it to reconnect.
func (s *Service) complete(l *link, identity []byte) {
	r := l.registration
	s.mu.Lock()
	if l.over || s.phones[l.phone.number] != l.phone {
		s.failLink(l, ErrPhoneUnknown)
		s.mu.Unlock()
		r.conn.End(s.cfg.CloseLinger, failure(codeLoggedOut, nil))
		return
	}
	l.over = true
	l.timer.Stop()
	stored := &companion{
		// Copies, so that a companion does not keep its first connection in memory.
		Index: l.index, NoiseKey: bytes.Clone(r.conn.noiseKey[:]), IdentityKey: bytes.Clone(r.keys.identity[:]),
		RegID:    r.keys.regID,
		KeyIndex: l.keyIndex, OS: r.keys.osName, Platform: r.keys.platform, LinkedAt: time.Now().UTC(),
		Identity: identity, Signed: &r.keys.signed,
	}
	delete(l.phone.links, l)
	l.phone.companions[l.index] = stored
	s.router.AddDevice(l.phone.number, stored.Index, stored.publicKeys(), false)
	s.stats.links++
	info := s.describeCompanion(l.phone, stored)
	s.dropRegistration(r, nil)
	s.mu.Unlock()
	if err := s.save(); err != nil {
		s.log.Error("state not saved", slog.Any("err", err))
	}
	s.log.Info("device linked", slog.String("conn", r.conn.id), slog.String("jid", stanza.MaskJID(l.phone.jidOf(l.index))))
	if !s.takePairReplyFault(l.phone.number) {
		r.conn.End(s.cfg.CloseLinger, streamError(515))
	}
	l.outcome <- linkOutcome{companion: info}
}
