package router

import (
	"crypto/sha1" //nolint:gosec // WhatsApp's digest of a key bundle is SHA-1
	"encoding/binary"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"wadah/session/sandbox/stanza"
)

// maxPreKeys is more than the library ever uploads at once (812 after linking).
const maxPreKeys = 5000

// fewPreKeys is when a device is asked for more one-time pre-keys. The library uploads
// when there are fewer than 5 (MinPreKeyCount).
const fewPreKeys = 5

// deviceKeys are the public keys of a device.
type deviceKeys struct {
	Keys
	asked bool // for more one-time keys, since the last upload; also before the first one
}

// KeysOf returns the public keys of a device as they are now; zero when there is no such
// device.
func (r *Router) KeysOf(number string, index uint16) Keys {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[number]; a != nil && a.devices[index] != nil {
		keys := a.devices[index].keys.Keys
		keys.Stock = slices.Clone(keys.Stock)
		return keys
	}
	return Keys{}
}

// PreKeys returns how many one-time pre-keys of a device are left.
func (r *Router) PreKeys(number string, index uint16) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[number]; a != nil && a.devices[index] != nil {
		return a.devices[index].keys.Stock.count()
	}
	return 0
}

// storePreKeys checks an upload of pre-keys as WhatsApp does: the device's own identity
// and registration id, well-formed one-time keys with different ids, and a signed
// pre-key that the identity signed.
func (s *Session) storePreKeys(id string, node *waBinary.Node) waBinary.Node {
	keys := &s.d.keys
	registration := stanza.Content(node, "registration")
	identity := stanza.Content(node, "identity")
	signed, ok := readPreKey(stanza.Child(node, "skey"))
	list := stanza.Child(node, "list")
	uploaded, unique := readPreKeys(list.GetChildren())
	if len(registration) != 4 || binary.BigEndian.Uint32(registration) != keys.RegistrationID ||
		!slices.Equal(stanza.Content(node, "type"), []byte{ecc.DjbType}) || !slices.Equal(identity, keys.Identity) ||
		!ok || !SignedBy(keys.Identity, signed) || !unique || len(uploaded) == 0 || len(uploaded) > maxPreKeys {
		s.r.stats.PreKeysRefused++
		return stanza.Refusal(id, 406, "not-acceptable")
	}
	stock, err := s.r.keybook.add(keys.Stock, uploaded)
	if err != nil {
		s.r.log.Error("pre-keys refused", slog.Any("err", err))
		return stanza.Refusal(id, 500, "internal-server-error")
	}
	keys.Signed, keys.Stock, keys.asked = signed, stock, false
	s.r.stats.PreKeys += int64(len(uploaded))
	s.r.stats.PreKeyUploads++
	return stanza.Result(id)
}

// rotatePreKey takes a new signed pre-key.
func (s *Session) rotatePreKey(id string, node *waBinary.Node) waBinary.Node {
	rotate := stanza.Child(node, "rotate")
	signed, ok := readPreKey(stanza.Child(&rotate, "skey"))
	if !ok || !SignedBy(s.d.keys.Identity, signed) {
		s.r.stats.PreKeysRefused++
		return stanza.Refusal(id, 406, "not-acceptable")
	}
	s.d.keys.Signed = signed
	return stanza.Result(id)
}

func readPreKeys(nodes []waBinary.Node) (keys []PreKey, unique bool) {
	seen := make(map[uint32]bool, len(nodes))
	for _, node := range nodes {
		key, ok := readPreKey(node)
		if !ok || node.Tag != "key" || key.ID == 0 || seen[key.ID] {
			return nil, false
		}
		seen[key.ID] = true
		keys = append(keys, PreKey{ID: key.ID, Public: slices.Clone(key.Public)})
	}
	return keys, true
}

func readPreKey(node waBinary.Node) (PreKey, bool) {
	id, public := stanza.Content(&node, "id"), stanza.Content(&node, "value")
	if len(id) != 3 || len(public) != 32 {
		return PreKey{}, false
	}
	return PreKey{
		ID:     uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2]),
		Public: slices.Clone(public), Signature: slices.Clone(stanza.Content(&node, "signature")),
	}, true
}

// SignedBy verifies an identity's signature over a signed pre-key, which is signed with
// its type byte in front.
func SignedBy(identity []byte, key PreKey) bool {
	message := append([]byte{ecc.DjbType}, key.Public...)
	return len(identity) == 32 && len(key.Signature) == 64 &&
		ecc.VerifySignature(ecc.NewDjbECPublicKey([32]byte(identity)), message, [64]byte(key.Signature))
}

func (k PreKey) node() waBinary.Node {
	id := []byte{byte(k.ID >> 16), byte(k.ID >> 8), byte(k.ID)}
	node := stanza.New("key", nil, stanza.Blob("id", id), stanza.Blob("value", k.Public))
	if len(k.Signature) > 0 {
		node.Tag = "skey"
		node.Content = append(node.GetChildren(), stanza.Blob("signature", k.Signature))
	}
	return node
}

// preKeyCount tells how many one-time pre-keys of a device are left.
func (s *Session) preKeyCount(id string) waBinary.Node {
	return stanza.Result(id, stanza.New("count", waBinary.Attrs{"value": strconv.Itoa(s.d.keys.Stock.count())}))
}

// bundles gives away a pre-key bundle of each device that is asked for, with a one-time
// key as long as there are any.
func (s *Session) bundles(id string, node *waBinary.Node) waBinary.Node {
	asked := stanza.Child(node, "key")
	var users []waBinary.Node
	for _, user := range asked.GetChildren() {
		jid := stanza.JID(&user, "jid")
		d := s.r.findDevice(jid)
		if d == nil || len(d.keys.Signed.Public) == 0 {
			users = append(users, stanza.New("user", waBinary.Attrs{"jid": jid},
				stanza.New("error", waBinary.Attrs{"code": "404", "text": "item-not-found"})))
			continue
		}
		users = append(users, stanza.New("user", waBinary.Attrs{"jid": jid, "t": stanza.Unix(time.Now())}, s.r.bundle(d)...))
	}
	return stanza.Result(id, stanza.New("list", nil, users...))
}

func (r *Router) bundle(d *device) []waBinary.Node {
	k := &d.keys
	bundle := []waBinary.Node{
		stanza.Blob("registration", binary.BigEndian.AppendUint32(nil, k.RegistrationID)),
		stanza.Blob("type", []byte{ecc.DjbType}),
		stanza.Blob("identity", k.Identity),
	}
	oneTime, rest, ok := r.keybook.take(k.Stock)
	if k.Stock = rest; ok {
		bundle = append(bundle, oneTime.node())
	}
	bundle = append(bundle, k.Signed.node())
	if len(k.DeviceIdentity) > 0 {
		bundle = append(bundle, stanza.Blob("device-identity", k.DeviceIdentity))
	}
	if left := k.Stock.count(); left < fewPreKeys && !k.asked {
		k.asked = true
		r.notify(d, "encrypt", types.ServerJID, nil,
			stanza.New("count", waBinary.Attrs{"value": strconv.Itoa(left)}))
	}
	return bundle
}

// digest tells a device what is known of its keys, so that it can compare.
func (s *Session) digest(id string) waBinary.Node {
	k := &s.d.keys
	if len(k.Signed.Public) == 0 {
		return stanza.Refusal(id, 404, "item-not-found")
	}
	hash := sha1.New() //nolint:gosec // see the import
	hash.Write(k.Identity)
	hash.Write(k.Signed.Public)
	hash.Write(k.Signed.Signature)
	var ids []waBinary.Node
	for _, key := range s.r.keybook.all(k.Stock) {
		hash.Write(key.Public)
		ids = append(ids, stanza.Blob("id", []byte{byte(key.ID >> 16), byte(key.ID >> 8), byte(key.ID)}))
	}
	return stanza.Result(id, stanza.New("digest", nil,
		stanza.Blob("registration", binary.BigEndian.AppendUint32(nil, k.RegistrationID)),
		stanza.Blob("type", []byte{ecc.DjbType}), stanza.Blob("identity", k.Identity), k.Signed.node(),
		stanza.New("list", nil, ids...), stanza.Blob("hash", hash.Sum(nil))))
}
