package sandbox

import (
	"log/slog"
	"slices"
	"strconv"

	"wadah/session/sandbox/stanza"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
)

// maxPreKeys is more than the library ever uploads at once (812 after linking).
const maxPreKeys = 5000

// preKeyCount tells how many one-time pre-keys the service has of a companion.
func (c *conn) preKeyCount(id string) waBinary.Node {
	c.s.mu.Lock()
	count := c.companion.PreKeys
	c.s.mu.Unlock()
	return stanza.Result(id, stanza.New("count", waBinary.Attrs{"value": strconv.Itoa(count)}))
}

// storePreKeys checks an upload of pre-keys as WhatsApp does and counts them. The
// keys themselves are not kept: nobody can write to a simulated companion.
func (c *conn) storePreKeys(id string, node *waBinary.Node) waBinary.Node {
	c.s.mu.Lock()
	companion := c.companion
	c.s.mu.Unlock()
	count, ok := checkPreKeys(node, companion)
	if !ok {
		c.s.count(func(n *counters) { n.preKeysRefused++ })
		return stanza.Refusal(id, 406, "not-acceptable")
	}
	c.s.mu.Lock()
	companion.PreKeys += count
	c.s.stats.preKeys += int64(count)
	c.s.stats.preKeyUploads++
	c.s.mu.Unlock()
	if err := c.s.save(); err != nil {
		c.s.log.Error("state not saved", slog.Any("err", err))
	}
	return stanza.Result(id)
}

// checkPreKeys verifies an upload: the companion's own identity and registration
// id, well-formed one-time keys with different ids, and a signed pre-key that the
// identity signed.
func checkPreKeys(node *waBinary.Node, companion *companion) (count int, ok bool) {
	registration := stanza.Content(node, "registration")
	identity := stanza.Content(node, "identity")
	if len(registration) != 4 || bigEndian(registration) != companion.RegID ||
		!slices.Equal(stanza.Content(node, "type"), []byte{ecc.DjbType}) ||
		!slices.Equal(identity, companion.IdentityKey) {
		return 0, false
	}
	signed := stanza.Child(node, "skey")
	if !wellFormedKey(&signed) || !signedBy([32]byte(identity), stanza.Content(&signed, "value"), stanza.Content(&signed, "signature")) {
		return 0, false
	}
	list := stanza.Child(node, "list")
	keys := list.GetChildren()
	if len(keys) == 0 || len(keys) > maxPreKeys {
		return 0, false
	}
	seen := make(map[uint32]bool, len(keys))
	for i := range keys {
		number := bigEndian(stanza.Content(&keys[i], "id"))
		if keys[i].Tag != "key" || !wellFormedKey(&keys[i]) || seen[number] {
			return 0, false
		}
		seen[number] = true
	}
	return len(keys), true
}

func wellFormedKey(node *waBinary.Node) bool {
	return len(stanza.Content(node, "id")) == 3 && len(stanza.Content(node, "value")) == 32
}
