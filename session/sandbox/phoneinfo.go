package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Platform is the kind of a phone, by WhatsApp's name for it.
type Platform string

// The kinds of phones.
const (
	Android Platform = "android"
	IPhone  Platform = "iphone"
)

// PhoneInfo describes a virtual phone.
type PhoneInfo struct {
	Number     string      `json:"number"` // digits with country code, such as 6281234567890
	Name       string      `json:"name"`
	Platform   Platform    `json:"platform"`
	Online     bool        `json:"online"`  // whether the phone itself has a network
	Passkey    bool        `json:"passkey"` // whether it asks for a passkey while linking
	Companions []Companion `json:"companions"`
	Linking    []Linking   `json:"linking"` // devices that are being linked now
	// CodeWaiting says that a device waits for its code to be typed into this phone.
	CodeWaiting bool `json:"codeWaiting"`
	// Faults are those that wait for this phone's devices, or that last.
	Faults []FaultKind `json:"faults"`
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
	// LastActive is when it came online last, or was cut off; zero when never.
	LastActive time.Time `json:"lastActive"`
}

// describe makes the public picture of a phone. The caller holds mu.
func (s *Service) describe(p *phone) PhoneInfo {
	info := PhoneInfo{
		Number: p.number, Name: p.name, Platform: p.platform, Online: p.online, Passkey: p.passkey,
		CodeWaiting: s.codes[p.number] != nil, Faults: s.faultsOf(p),
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
		LinkedAt: c.LinkedAt, Connected: s.online[p.jidOf(c.Index)] != nil, PreKeys: s.router.PreKeys(p.number, c.Index), LastActive: c.LastActive,
	}
}
