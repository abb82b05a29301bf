package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
)

// maxCompanionIndex is the highest device index an address on the wire can carry
// with room for WhatsApp's own numbering.
const maxCompanionIndex = 99

// PhoneInfo describes a virtual phone.
type PhoneInfo struct {
	Number     string      `json:"number"` // digits with country code, such as 6281234567890
	Name       string      `json:"name"`
	Online     bool        `json:"online"`  // whether the phone itself has a network
	Passkey    bool        `json:"passkey"` // whether it asks for a passkey while linking
	Companions []Companion `json:"companions"`
	Linking    []Linking   `json:"linking"` // devices that are being linked now
}

// Linking is a device that a phone is linking.
type Linking struct {
	Conn string   `json:"conn"` // the connection's id
	OS   string   `json:"os"`
	Step LinkStep `json:"step"`
	// Code is what the phone shows in the step [StepConfirm], to be compared with
	// what the device shows.
	Code string `json:"code,omitempty"`
}

// LinkStep is what a link under way waits for.
type LinkStep string

// The steps of a link. Only a phone that asks for a passkey has the first two.
const (
	StepPasskey LinkStep = "passkey" // the device has to answer with the passkey
	StepConfirm LinkStep = "confirm" // the codes have to be compared and confirmed
	StepPairing LinkStep = "pairing" // the device has to confirm its new identity
)

// Companion is a device that is linked to a virtual phone.
type Companion struct {
	JID       string    `json:"jid"` // NUMBER:INDEX@s.whatsapp.net
	LID       string    `json:"lid"`
	OS        string    `json:"os"`       // the name the device gave itself
	Platform  string    `json:"platform"` // its kind, such as chrome
	LinkedAt  time.Time `json:"linkedAt"`
	Connected bool      `json:"connected"`
	PreKeys   int       `json:"preKeys"` // one-time pre-keys left on the service
}

// phone is a virtual phone; it is guarded by Service.mu, but its number, keys and
// LID never change.
type phone struct {
	number     string
	name       string
	lid        string // the user part of the account's hidden address
	rawID      uint32
	identity   *keys.KeyPair
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
	PreKeys     int       `json:"preKeys"`
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

// AddPhone makes a virtual phone, online, with a new account identity.
func (s *Service) AddPhone(number, name string) (PhoneInfo, error) {
	if err := checkNumber(number); err != nil {
		return PhoneInfo{}, err
	}
	s.mu.Lock()
	if s.phones[number] != nil {
		s.mu.Unlock()
		return PhoneInfo{}, ErrPhoneExists
	}
	p := newPhone(number, name)
	s.phones[number] = p
	info := s.describe(p)
	s.mu.Unlock()
	return info, s.save()
}

func checkNumber(number string) error {
	digits := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' }) == -1
	if !digits || len(number) < 7 || len(number) > 15 || number[0] == '0' {
		return ErrPhoneNumber
	}
	return nil
}

func newPhone(number, name string) *phone {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	return &phone{
		number: number, name: name, online: true,
		// A LID is a number of fifteen digits that tells nothing about the phone.
		lid:        fmt.Sprintf("%d", 100_000_000_000_000+binary.BigEndian.Uint64(random[:8])%900_000_000_000_000),
		rawID:      binary.BigEndian.Uint32(random[8:]),
		identity:   keys.NewKeyPair(),
		companions: make(map[uint16]*companion), links: make(map[*link]bool),
	}
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

// describe makes the public picture of a phone. The caller holds mu.
func (s *Service) describe(p *phone) PhoneInfo {
	info := PhoneInfo{
		Number: p.number, Name: p.name, Online: p.online, Passkey: p.passkey,
		Companions: make([]Companion, 0, len(p.companions)), Linking: make([]Linking, 0, len(p.links)),
	}
	for l := range p.links {
		info.Linking = append(info.Linking, Linking{
			Conn: l.registration.conn.id, OS: l.registration.keys.osName, Step: l.step, Code: l.shownCode(),
		})
	}
	slices.SortFunc(info.Linking, func(a, b Linking) int { return strings.Compare(a.Conn, b.Conn) })
	for _, index := range slices.Sorted(maps.Keys(p.companions)) {
		info.Companions = append(info.Companions, s.describeCompanion(p, p.companions[index]))
	}
	return info
}

func (s *Service) describeCompanion(p *phone, c *companion) Companion {
	return Companion{
		JID: p.jidOf(c.Index).String(), LID: p.lidOf(c.Index).String(), OS: c.OS, Platform: c.Platform,
		LinkedAt: c.LinkedAt, Connected: s.online[p.jidOf(c.Index)] != nil, PreKeys: c.PreKeys,
	}
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
	s.mu.Unlock()
	s.endRemoved(live)
	return s.save()
}

// SetOnline gives the phone a network or takes it away. A phone without network
// cannot link, and its linked devices go on working, as with WhatsApp.
func (s *Service) SetOnline(number string, online bool) error {
	return s.changePhone(number, func(p *phone) { p.online = online })
}

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
		c.end(s.cfg.CloseLinger, conflict(conflictRemoved))
	}
}
