package sandbox

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"

	"wadah/session/sandbox/router"
)

// What people do with their accounts, and others notice in their chats.

// Reinstall gives the phone new keys, as after its person has got another one or has
// installed WhatsApp anew: linked devices are unlinked, and whoever has written with the
// account is told of its new identity.
func (s *Service) Reinstall(number string) error {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return ErrPhoneUnknown
	}
	live := s.unlinkAll(p)
	p.set.Disconnect()
	// Another phone in every respect but its account: what is being linked with the old one
	// comes to nothing.
	fresh := &phone{
		number: p.number, name: p.name, platform: p.platform, lid: p.lid, rawID: p.rawID, identity: keys.NewKeyPair(),
		online: p.online, passkey: p.passkey, keyIndex: p.keyIndex, lastIndex: p.lastIndex,
		companions: make(map[uint16]*companion), links: make(map[*link]bool),
	}
	fresh.set = s.handsetOf(fresh, p.set.Book())
	s.phones[number] = fresh
	err := s.router.Reinstall(number, fresh.set.Keys())
	s.mu.Unlock()
	s.endRemoved(live)
	if err == nil && fresh.online {
		err = fresh.set.Connect()
	}
	if err != nil {
		return asPhone(err)
	}
	return s.save()
}

// LinkSilently links a device to the phone that never comes online, as people have; who
// knows the account is told that it has one more. It counts for nobody's limit, and is in
// no list.
func (s *Service) LinkSilently(number string) (index uint16, err error) {
	s.mu.Lock()
	p := s.phones[number]
	if p == nil {
		s.mu.Unlock()
		return 0, ErrPhoneUnknown
	}
	p.keyIndex++
	keyIndex := p.keyIndex
	s.mu.Unlock()
	device := keys.NewKeyPair()
	signed := device.CreateSignedPreKey(1)
	details, err := proto.Marshal(&waAdv.ADVDeviceIdentity{
		RawID: proto.Uint32(p.rawID), Timestamp: proto.Uint64(uint64(time.Now().Unix())), KeyIndex: proto.Uint32(keyIndex),
	})
	if err != nil {
		return 0, fmt.Errorf("marshal device identity: %w", err)
	}
	index, err = s.router.AddSilentDevice(number, router.Keys{
		Identity: device.Pub[:], RegistrationID: 1, KeyIndex: keyIndex,
		Signed:         router.PreKey{ID: signed.KeyID, Public: signed.Pub[:], Signature: signed.Signature[:]},
		DeviceIdentity: details,
	})
	return index, asPhone(err)
}

// UnlinkSilent takes such a device away again.
func (s *Service) UnlinkSilent(number string, index uint16) error {
	return asPhone(s.router.RemoveSilentDevice(number, index))
}
