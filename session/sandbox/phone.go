package sandbox

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"wadah/session/sandbox/chat"
	"wadah/session/sandbox/handset"
	"wadah/session/sandbox/router"
	"wadah/session/sandbox/violation"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// maxCompanionIndex is the highest device index an address on the wire can carry
// with room for WhatsApp's own numbering.
const maxCompanionIndex = 99

// phone is a virtual phone; it is guarded by Service.mu, but its number, keys and
// LID never change.
type phone struct {
	number     string
	name       string
	platform   Platform
	lid        string // the user part of the account's hidden address
	rawID      uint32
	identity   *keys.KeyPair
	set        *handset.Phone
	online     bool
	passkey    bool
	keyIndex   uint32 // of the last link
	lastIndex  uint16 // device index of the last link
	companions map[uint16]*companion
	links      map[*link]bool // under way
}

// companion is a linked device as it is stored.
type companion struct {
	Index       uint16    `json:"index"`
	NoiseKey    []byte    `json:"noiseKey"`    // 32 bytes; proves the device at login
	IdentityKey []byte    `json:"identityKey"` // 32 bytes
	RegID       uint32    `json:"registrationId"`
	KeyIndex    uint32    `json:"keyIndex"`
	OS          string    `json:"os"`
	Platform    string    `json:"platform"`
	LinkedAt    time.Time `json:"linkedAt"`
	LastActive  time.Time `json:"lastActive"`
	// Identity is the marshalled ADVSignedDeviceIdentity; empty in files of older versions.
	Identity []byte `json:"deviceIdentity,omitempty"`
	// Welcomed says that the phone has told it what a new device is told.
	Welcomed bool `json:"welcomed,omitempty"`
	// Signed and Stock are the pre-keys as the router has them; of the state file only.
	Signed *router.PreKey `json:"signedPreKey,omitempty"`
	Stock  router.Stock   `json:"keyStock,omitempty"`
}

// publicKeys are what the router gives to those who want to write to the companion.
func (c *companion) publicKeys() router.Keys {
	keys := router.Keys{
		Identity: c.IdentityKey, RegistrationID: c.RegID, DeviceIdentity: c.Identity, KeyIndex: c.KeyIndex, Stock: c.Stock,
	}
	if c.Signed != nil {
		keys.Signed = *c.Signed
	}
	return keys
}

func (p *phone) jidOf(index uint16) types.JID {
	return types.JID{User: p.number, Device: index, Server: types.DefaultUserServer}
}

func (p *phone) lidOf(index uint16) types.JID {
	return types.JID{User: p.lid, Device: index, Server: types.HiddenUserServer}
}

// places is how many of the phone's places for devices are taken.
func (p *phone) places() int { return len(p.companions) + len(p.links) }

// freeIndex returns the next device index. One is used again only after all
// others, so that a forgotten device cannot meet its successor.
func (p *phone) freeIndex() uint16 {
	for {
		p.lastIndex = p.lastIndex%maxCompanionIndex + 1
		if p.companions[p.lastIndex] == nil && !p.linksAs(p.lastIndex) {
			return p.lastIndex
		}
	}
}

func (p *phone) linksAs(index uint16) bool {
	for l := range p.links {
		if l.index == index {
			return true
		}
	}
	return false
}

// AddPhone makes a virtual Android phone, online, with a new account identity.
func (s *Service) AddPhone(number, name string) (PhoneInfo, error) {
	return s.AddPhoneOf(Android, number, name)
}

// AddPhoneOf is [Service.AddPhone] for any kind of phone; an empty one is Android.
func (s *Service) AddPhoneOf(platform Platform, number, name string) (PhoneInfo, error) {
	platform = cmp.Or(platform, Android)
	if platform != Android && platform != IPhone {
		return PhoneInfo{}, ErrPlatform
	}
	if err := checkNumber(number); err != nil {
		return PhoneInfo{}, err
	}
	s.mu.Lock()
	if s.phones[number] != nil {
		s.mu.Unlock()
		return PhoneInfo{}, ErrPhoneExists
	}
	p := newPhone(number, name, platform)
	s.register(p)
	info := s.describe(p)
	s.mu.Unlock()
	if err := p.set.Connect(); err != nil {
		return info, fmt.Errorf("switch phone on: %w", err)
	}
	return info, s.save()
}

func checkNumber(number string) error {
	digits := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' }) == -1
	if !digits || len(number) < 7 || len(number) > 15 || number[0] == '0' {
		return ErrPhoneNumber
	}
	return nil
}

func newPhone(number, name string, platform Platform) *phone {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	return &phone{
		number: number, name: name, platform: platform, online: true,
		// A LID is a number of fifteen digits that tells nothing about the phone.
		lid:        fmt.Sprintf("%d", 100_000_000_000_000+binary.BigEndian.Uint64(random[:8])%900_000_000_000_000),
		rawID:      binary.BigEndian.Uint32(random[8:]),
		identity:   keys.NewKeyPair(),
		companions: make(map[uint16]*companion), links: make(map[*link]bool),
	}
}

// account describes the phone's account to the router.
func (p *phone) account() router.Account {
	return router.Account{Number: p.number, LID: p.lid, Name: p.name}
}

// register makes a phone known, and its account to the router. The caller holds mu.
func (s *Service) register(p *phone) {
	s.phones[p.number] = p
	p.set = s.handsetOf(p, nil)
	s.router.AddAccount(p.account(), p.set.Keys())
	for _, c := range p.companions {
		s.router.AddDevice(p.number, c.Index, c.publicKeys(), true)
	}
}

// handsetOf makes what the person of a phone holds in the hand, with the chats in book.
func (s *Service) handsetOf(p *phone, book *chat.Book) *handset.Phone {
	return handset.New(handset.Config{
		Number: p.number, LID: p.lid, Name: p.name, Identity: p.identity, RegistrationID: p.registrationID(), Book: book,
		Router: s.router, Media: s.media, Violations: &s.violations, Log: s.log, Go: s.work.run,
	})
}

// registrationID is a number of 14 bits as installations of Signal have it, which goes
// with the identity.
func (p *phone) registrationID() uint32 {
	hash := sha256.Sum256(p.identity.Pub[:])
	return binary.BigEndian.Uint32(hash[:])%16380 + 1
}

// welcome lets the phone tell a new companion what it needs, once it can be written to.
func (s *Service) welcome(jid types.JID) {
	s.mu.Lock()
	p := s.phones[jid.User]
	if p == nil || p.companions[jid.Device] == nil || p.companions[jid.Device].Welcomed {
		s.mu.Unlock()
		return
	}
	p.companions[jid.Device].Welcomed = true
	s.mu.Unlock()
	s.work.run(func() {
		if err := p.set.Welcome(jid.Device); err != nil {
			s.log.Info("phone tells a new device nothing", slog.Any("err", err))
		}
	})
}

// Phones lists the virtual phones by number.
func (s *Service) Phones() []PhoneInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]PhoneInfo, 0, len(s.phones))
	for _, number := range slices.Sorted(maps.Keys(s.phones)) {
		list = append(list, s.describe(s.phones[number]))
	}
	return list
}

// RemovePhone unlinks all devices of a phone and forgets it.
func (s *Service) RemovePhone(number string) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	live := s.unlinkAll(p)
	delete(s.phones, number)
	s.router.RemoveAccount(number)
	s.mu.Unlock()
	p.set.Disconnect()
	s.endRemoved(live)
	return s.save()
}

// SetOnline gives the phone a network or takes it away. A phone without network
// cannot link, and its linked devices go on working, as with WhatsApp.
func (s *Service) SetOnline(number string, online bool) error {
	var set *handset.Phone
	if err := s.changePhone(number, func(p *phone) { p.online, set = online, p.set }); err != nil {
		return err
	}
	if online {
		return set.Connect()
	}
	set.Disconnect()
	return nil
}

// Phone returns what the person with this number holds in the hand: with it one writes,
// reads and calls.
func (s *Service) Phone(number string) (*handset.Phone, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.phones[number]
	if p == nil {
		return nil, ErrPhoneUnknown
	}
	return p.set, nil
}

// Violations are what clients did that a client must never do.
func (s *Service) Violations() *violation.List { return &s.violations }

// SetPasskey says whether the phone asks for a passkey while linking.
func (s *Service) SetPasskey(number string, passkey bool) error {
	return s.changePhone(number, func(p *phone) { p.passkey = passkey })
}

func (s *Service) changePhone(number string, change func(*phone)) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	change(p)
	s.mu.Unlock()
	return s.save()
}

// Unlink removes one linked device of a phone, or all of them when jid is empty,
// as a person does on the phone. A connected device learns it at once, another at
// its next login.
func (s *Service) Unlink(number, jid string) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	var live []*conn
	if jid == "" {
		live = s.unlinkAll(p)
	} else {
		parsed, err := types.ParseJID(jid)
		if err != nil || parsed.User != number || p.companions[parsed.Device] == nil {
			s.mu.Unlock()
			return ErrCompanionUnknown
		}
		live = s.unlink(p, parsed.Device)
	}
	s.mu.Unlock()
	s.endRemoved(live)
	return s.save()
}

// unlink removes a companion and returns its connection, if any, to be ended
// after mu, which the caller holds.
func (s *Service) unlink(p *phone, index uint16) []*conn {
	if p.companions[index] == nil {
		return nil
	}
	delete(p.companions, index)
	s.router.RemoveDevice(p.number, index)
	s.stats.unlinks++
	if c := s.online[p.jidOf(index)]; c != nil {
		delete(s.online, p.jidOf(index))
		return []*conn{c}
	}
	return nil
}

func (s *Service) unlinkAll(p *phone) (live []*conn) {
	for index := range p.companions {
		live = append(live, s.unlink(p, index)...)
	}
	return live
}

func (s *Service) endRemoved(live []*conn) {
	for _, c := range live {
		c.End(s.cfg.CloseLinger, conflict(conflictRemoved))
	}
}
