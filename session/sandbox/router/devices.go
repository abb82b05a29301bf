package router

import (
	"fmt"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// meet notes that two accounts know each other: they are told of each other's changes.
func (a *account) meet(b *account) {
	if a == b || a.known[b] {
		return
	}
	for one, other := range map[*account]*account{a: b, b: a} {
		if one.known == nil {
			one.known = make(map[*account]bool)
		}
		one.known[other] = true
	}
}

// tellDevices notifies everybody who knows an account that a device was added or removed,
// and the account's own other devices with the whole list.
func (r *Router) tellDevices(a *account, change string, changed *device) {
	now := stanza.Unix(time.Now())
	device := waBinary.Attrs{"jid": changed.jid(types.DefaultUserServer), "lid": changed.jid(types.HiddenUserServer)}
	if changed.keyIndex != 0 {
		device["key-index"] = strconv.FormatUint(uint64(changed.keyIndex), 10)
	}
	devices := a.all()
	notice := stanza.New(change, waBinary.Attrs{
		"device_hash":     participantHash(devices, types.DefaultUserServer),
		"device_lid_hash": participantHash(devices, types.HiddenUserServer),
	}, stanza.New("device", device), stanza.New("key-index-list", waBinary.Attrs{"ts": now}))
	for peer := range a.known {
		for _, d := range peer.all() {
			r.notify(d, "devices", a.jid(types.DefaultUserServer), waBinary.Attrs{"lid": a.jid(types.HiddenUserServer)}, notice)
		}
	}
	var list []waBinary.Node
	for _, d := range devices {
		attrs := waBinary.Attrs{"jid": d.jid(types.DefaultUserServer)}
		if d.keyIndex != 0 {
			attrs["key-index"] = strconv.FormatUint(uint64(d.keyIndex), 10)
		}
		list = append(list, stanza.New("device", attrs))
	}
	own := stanza.New("devices", waBinary.Attrs{"dhash": participantHash(devices, types.DefaultUserServer)}, list...)
	for _, d := range devices {
		if d != changed {
			r.notify(d, "account_sync", a.jid(types.DefaultUserServer), nil, own)
		}
	}
}

// Reinstall gives an account's phone new keys, as after the person has got another phone
// or installed WhatsApp anew: linked devices are gone, and everybody who knows the account
// is told.
func (r *Router) Reinstall(number string, phone Keys) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil {
		return ErrUnknown
	}
	session, box := a.devices[0].session, a.devices[0].box
	a.devices = map[uint16]*device{0: {account: a, keys: deviceKeys{Keys: phone}, session: session, box: box}}
	if session != nil {
		session.d = a.devices[0]
	}
	for peer := range a.known {
		for _, d := range peer.all() {
			r.notify(d, "encrypt", a.jid(types.DefaultUserServer), nil, stanza.New("identity", nil))
		}
	}
	return nil
}

// AddSilentDevice gives an account a linked device that never comes online, as people
// have; everybody who knows the account is told. RemoveDevice takes it away.
func (r *Router) AddSilentDevice(number string, keys Keys) (index uint16, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil {
		return 0, ErrUnknown
	}
	for index = firstSilent; a.devices[index] != nil; index++ {
		if index == lastSilent {
			return 0, fmt.Errorf("%w: the account has as many devices as fit", ErrUnknown)
		}
	}
	d := &device{account: a, index: index, keyIndex: keys.KeyIndex, keys: deviceKeys{Keys: keys}, silent: true}
	a.devices[index] = d
	r.tellDevices(a, "add", d)
	return index, nil
}

// RemoveSilentDevice takes such a device away.
func (r *Router) RemoveSilentDevice(number string, index uint16) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.accounts[number]
	if a == nil || a.devices[index] == nil || !a.devices[index].silent {
		return ErrUnknown
	}
	gone := a.devices[index]
	delete(a.devices, index)
	r.tellDevices(a, "remove", gone)
	return nil
}

// The indexes of devices that nobody has linked.
const (
	firstSilent = 200
	lastSilent  = 255
)
