package handset

import (
	"encoding/binary"
	"fmt"
	"log/slog"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"

	"wadah/session/sandbox/signal"
	"wadah/session/sandbox/stanza"
)

// preKeysAtOnce is how many one-time pre-keys a phone publishes when it has few. Few
// people write to it for the first time.
const preKeysAtOnce = 10

// publishKeys uploads one-time pre-keys.
func (p *Phone) publishKeys() {
	var list []waBinary.Node
	for _, key := range p.signal.MakePreKeys(preKeysAtOnce) {
		list = append(list, keyNode("key", key))
	}
	_, ok := p.ask("encrypt", "set", types.ServerJID,
		stanza.Blob("registration", binary.BigEndian.AppendUint32(nil, p.signal.RegistrationID())),
		stanza.Blob("type", []byte{keyType}), stanza.Blob("identity", p.cfg.Identity.Pub[:]),
		stanza.New("list", nil, list...), keyNode("skey", p.signal.SignedPreKey()))
	if !ok {
		p.cfg.Log.Error("pre-keys of a phone were refused", slog.String("phone", stanza.MaskNumber(p.cfg.Number)))
	}
}

// keyType is the first byte of a public key of the only curve there is.
const keyType = 5

func keyNode(tag string, key *keys.PreKey) waBinary.Node {
	node := stanza.New(tag, nil,
		stanza.Blob("id", []byte{byte(key.KeyID >> 16), byte(key.KeyID >> 8), byte(key.KeyID)}),
		stanza.Blob("value", key.Pub[:]))
	if key.Signature != nil {
		node.Content = append(node.GetChildren(), stanza.Blob("signature", key.Signature[:]))
	}
	return node
}

// frozenDevices is the answer to the question that is asked again and again in a flood.
type frozenDevices struct{ list []types.JID }

// recipients are the devices of people. The caller holds sending.
func (p *Phone) recipients(people ...types.JID) []types.JID {
	if p.frozen == nil {
		return p.devices(people...)
	}
	if p.frozen.list == nil {
		p.frozen.list = p.devices(people...)
	}
	return p.frozen.list
}

// devices asks which devices people have. Addresses are LIDs.
func (p *Phone) devices(people ...types.JID) (list []types.JID) {
	var users []waBinary.Node
	for _, person := range people {
		users = append(users, stanza.New("user", waBinary.Attrs{"jid": person}))
	}
	answer, _ := p.ask("usync", "get", types.ServerJID, stanza.New("usync",
		waBinary.Attrs{"sid": "p", "mode": "query", "last": "true", "index": "0", "context": "message"},
		stanza.New("query", nil, stanza.New("devices", waBinary.Attrs{"version": "2"})),
		stanza.New("list", nil, users...)))
	usync := stanza.Child(&answer, "usync")
	found := stanza.Child(&usync, "list")
	for _, user := range found.GetChildren() {
		person := stanza.JID(&user, "jid")
		devices := stanza.Child(&user, "devices")
		deviceList := stanza.Child(&devices, "device-list")
		for _, device := range deviceList.GetChildren() {
			var index uint16
			if _, err := fmt.Sscan(stanza.Attr(&device, "id"), &index); err == nil {
				person.Device = index
				list = append(list, person)
			}
		}
	}
	return list
}

// begin makes sure that there is a session with each device, and returns those that one
// can be written to.
func (p *Phone) begin(devices []types.JID) (ready []types.JID) {
	var users []waBinary.Node
	for _, device := range devices {
		if p.signal.HasSession(device) {
			ready = append(ready, device)
		} else {
			users = append(users, stanza.New("user", waBinary.Attrs{"jid": device, "reason": "identity"}))
		}
	}
	if len(users) == 0 {
		return ready
	}
	answer, _ := p.ask("encrypt", "get", types.ServerJID, stanza.New("key", nil, users...))
	list := stanza.Child(&answer, "list")
	for _, user := range list.GetChildren() {
		device := stanza.JID(&user, "jid")
		bundle, err := readBundle(&user)
		if err == nil {
			err = p.signal.Begin(device, bundle)
		}
		if err != nil {
			p.cfg.Log.Warn("no session with a device", slog.String("device", stanza.MaskJID(device)), slog.Any("err", err))
			continue
		}
		ready = append(ready, device)
	}
	return ready
}

// readBundle reads the pre-keys of a device, as the router tells them or as a retry
// receipt carries them.
func readBundle(node *waBinary.Node) (signal.Bundle, error) {
	var b signal.Bundle
	inner := *node
	if stanza.Has(node, "keys") {
		inner = stanza.Child(node, "keys")
	}
	registration, identity := stanza.Content(node, "registration"), stanza.Content(&inner, "identity")
	if len(registration) != 4 || len(identity) != 32 {
		return b, fmt.Errorf("bundle of pre-keys is incomplete")
	}
	b.RegistrationID, b.Identity = binary.BigEndian.Uint32(registration), [32]byte(identity)
	signed, ok := readKey(stanza.Child(&inner, "skey"))
	if !ok || signed.Signature == nil {
		return b, fmt.Errorf("bundle of pre-keys has no signed one")
	}
	b.Signed = signed
	if oneTime, ok := readKey(stanza.Child(&inner, "key")); ok {
		b.OneTime = &oneTime
	}
	return b, nil
}

func readKey(node waBinary.Node) (keys.PreKey, bool) {
	id, public, signature := stanza.Content(&node, "id"), stanza.Content(&node, "value"), stanza.Content(&node, "signature")
	if len(id) != 3 || len(public) != 32 {
		return keys.PreKey{}, false
	}
	key := keys.PreKey{KeyID: uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2])}
	key.Pub = (*[32]byte)(public)
	if len(signature) == 64 {
		key.Signature = (*[64]byte)(signature)
	}
	return key, true
}
