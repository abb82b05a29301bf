package router

import (
	"maps"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// account is a phone number with its devices; guarded by Router.mu.
type account struct {
	number  string // digits with country code
	lid     string // user part of the hidden address
	name    string // what others see with its messages
	devices map[uint16]*device

	shown    Addressing
	held     bool              // may write only to those whose token it has
	salt     []byte            // of the proofs that stand in for tokens; the phone makes it
	tokens   map[string]token  // given to others, by their LID
	blocked  map[string]bool   // those who cannot write to it, by their LID
	settings map[string]string // of privacy, where they are not the defaults

	heldUntil    time.Time
	blockVersion int
	known        map[*account]bool // those it has written with, or shares a group with
	presence     presence
	picture      picture
	about        string // what the account says of itself
	aboutAt      time.Time
	collections  map[string]*collection
}

// Addressing says which of its addresses others see an account under.
type Addressing string

// The ways of addressing.
const (
	// Usual: as the chat is addressed, with the other address beside it.
	Usual Addressing = ""
	// LIDOnly hides the phone number.
	LIDOnly Addressing = "lid"
	// NumberOnly tells no LID, as before LIDs were introduced.
	NumberOnly Addressing = "number"
)

// device is one device of an account: 0 is the phone, the others are linked.
type device struct {
	account  *account
	index    uint16
	keyIndex uint32 // of the link; 0 for the phone
	keys     deviceKeys
	box      mailbox
	session  *Session // nil while it is offline
	silent   bool     // nobody has linked it; it never comes online
	vouched  uint64   // hash of the device-identity that was found right
}

// Account describes an account to be added.
type Account struct {
	Number string // digits with country code
	LID    string // user part of the hidden address
	Name   string
}

// Keys are the public keys that a device is registered with.
type Keys struct {
	Identity       []byte // 32 bytes
	RegistrationID uint32
	Signed         PreKey // zero when it is not known yet
	// DeviceIdentity is the marshalled waAdv.ADVSignedDeviceIdentity of a linked device.
	DeviceIdentity []byte
	KeyIndex       uint32 // of the link
	Stock          Stock  // one-time pre-keys of an earlier process
}

// PreKey is a public pre-key; Signature is set for signed ones.
type PreKey struct {
	ID        uint32
	Public    []byte // 32 bytes
	Signature []byte // 64 bytes
}

// AddAccount makes an account with its phone as device 0.
func (r *Router) AddAccount(info Account, phone Keys) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &account{number: info.Number, lid: info.LID, name: info.Name, devices: make(map[uint16]*device)}
	a.devices[0] = &device{account: a, keys: deviceKeys{Keys: phone}}
	r.accounts[a.number], r.hidden[a.lid] = a, a
}

// RemoveAccount forgets an account and whatever waits for its devices.
func (r *Router) RemoveAccount(number string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[number]; a != nil {
		delete(r.accounts, a.number)
		delete(r.hidden, a.lid)
	}
}

// AddDevice makes a linked device of an account. One that is restored from an earlier
// process is no news to anybody.
func (r *Router) AddDevice(number string, index uint16, keys Keys, restored bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a != nil {
		keys.Stock = r.keybook.valid(keys.Stock)
		d := &device{account: a, index: index, keyIndex: keys.KeyIndex, keys: deviceKeys{Keys: keys, asked: !restored}}
		a.devices[index] = d
		if !restored {
			r.tellDevices(a, "add", d)
		}
	}
}

// RemoveDevice forgets a linked device and whatever waits for it.
func (r *Router) RemoveDevice(number string, index uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil || a.devices[index] == nil || index == 0 {
		return
	}
	gone := a.devices[index]
	delete(a.devices, index)
	r.tellDevices(a, "remove", gone)
}

// find returns the account of an address, nil when there is none. The caller holds mu,
// as for everything that follows.
func (r *Router) find(jid types.JID) *account {
	switch jid.Server {
	case types.DefaultUserServer, types.LegacyUserServer:
		return r.accounts[jid.User]
	case types.HiddenUserServer:
		return r.hidden[jid.User]
	default:
		return nil
	}
}

// findDevice returns the device of an address, nil when there is none.
func (r *Router) findDevice(jid types.JID) *device {
	if a := r.find(jid); a != nil {
		return a.devices[jid.Device]
	}
	return nil
}

// jid is the account's address on one of the two servers.
func (a *account) jid(server string) types.JID {
	if server == types.HiddenUserServer {
		return types.JID{User: a.lid, Server: server}
	}
	return types.JID{User: a.number, Server: types.DefaultUserServer}
}

// other is the account's address on the other server.
func (a *account) other(server string) types.JID { return a.jid(otherServer(server)) }

func otherServer(server string) string {
	if server == types.HiddenUserServer {
		return types.DefaultUserServer
	}
	return types.HiddenUserServer
}

// all lists the account's devices, the phone first.
func (a *account) all() []*device {
	list := make([]*device, 0, len(a.devices))
	for _, index := range slices.Sorted(maps.Keys(a.devices)) {
		list = append(list, a.devices[index])
	}
	return list
}

// jid is the device's address on one of the two servers.
func (d *device) jid(server string) types.JID {
	jid := d.account.jid(server)
	jid.Device = d.index
	return jid
}

// seen is the address that others see the device under, in a chat that is addressed on
// this server, and the other one, if it is told.
func (d *device) seen(server string) (from, alt types.JID) {
	switch d.account.shown {
	case LIDOnly:
		return d.jid(types.HiddenUserServer), types.EmptyJID
	case NumberOnly:
		return d.jid(types.DefaultUserServer), types.EmptyJID
	default:
		return d.jid(server), d.account.other(server)
	}
}

// blockedBy says whether a's messages do not reach another account.
func (a *account) blockedBy(other *account) bool { return other != a && other.blocked[a.lid] }

// String names the device for logs and violations.
func (d *device) String() string { return d.jid(types.DefaultUserServer).String() }

// masked names the device in logs.
func (d *device) masked() string { return stanza.MaskJID(d.jid(types.DefaultUserServer)) }
