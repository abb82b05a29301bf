package router

import (
	"errors"
	"hash/maphash"

	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/encoding/protowire"
)

// A ciphertext tells under which key of its chain it was made, in the clear: the ratchet
// key and a counter in sessions, the sender key's id and an iteration in groups. Each
// counter is for one ciphertext. A second one, as a client makes it that was put back to
// an older state of its store, is dropped by whoever gets it, silently; so it is noticed
// here.

// chainKey names a chain of keys by a hash: of the sending device, of the receiving
// device or the group, and of the chain's public name.
type chainKey uint64

// chain is what was seen of one chain of keys.
type chain struct {
	next    uint32              // all counters below were seen, but for the holes
	holes   map[uint32]struct{} // not seen below next
	newest  [8]ciphertext       // to tell a repeat from a second ciphertext
	written int
}

type ciphertext struct {
	counter uint32
	hash    uint64
}

// chains remembers the newest chains of all devices.
type chains struct {
	seed maphash.Seed
	set  map[chainKey]*chain
	ring []chainKey
	at   int
}

// How many chains are remembered, and how many missing counters of each: both are more
// than a client can have in use.
const (
	keptChains = 1 << 16
	keptHoles  = 4096
)

func newChains() chains {
	return chains{seed: maphash.MakeSeed(), set: make(map[chainKey]*chain)}
}

var errCiphertext = errors.New("not a Signal ciphertext")

// position is where in which chain a ciphertext is.
type position struct {
	name     string // ratchet key, or id of the sender key
	counter  uint32
	identity string // identity key of the sender, where a session begins
}

// locate reads the clear part of a ciphertext of this type: pkmsg, msg or skmsg.
func locate(kind string, content []byte) (position, error) {
	serializer := store.SignalProtobufSerializer
	switch kind {
	case "pkmsg":
		message, err := serializer.PreKeySignalMessage.Deserialize(content)
		if err != nil || len(message.BaseKey) != 33 || len(message.IdentityKey) != 33 {
			return position{}, errCiphertext
		}
		at, err := locate("msg", message.Message)
		at.identity = string(message.IdentityKey[1:]) // behind the type of the key
		return at, err
	case "msg":
		message, err := serializer.SignalMessage.Deserialize(content)
		if err != nil || message.Version != protocol.CurrentVersion || len(message.RatchetKey) != 33 || len(message.CipherText) == 0 {
			return position{}, errCiphertext
		}
		return position{name: string(message.RatchetKey), counter: message.Counter}, nil
	case "skmsg":
		message, err := serializer.SenderKeyMessage.Deserialize(content)
		if err != nil || message.Version != protocol.CurrentVersion || len(message.CipherText) == 0 {
			return position{}, errCiphertext
		}
		return position{name: string([]byte{
			byte(message.ID >> 24), byte(message.ID >> 16), byte(message.ID >> 8), byte(message.ID),
		}), counter: message.Iteration}, nil
	default:
		return position{}, errCiphertext
	}
}

// innerMessage is the part of a message with a pre-key that is a message itself, within
// the same bytes: behind the version, field 4 of PreKeySignalMessage.
func innerMessage(content []byte) []byte {
	for rest := content[min(1, len(content)):]; len(rest) > 0; {
		number, kind, tag := protowire.ConsumeTag(rest)
		length := protowire.ConsumeFieldValue(number, kind, rest[max(tag, 0):])
		if tag < 0 || length < 0 {
			return nil
		}
		if number == 4 && kind == protowire.BytesType {
			inner, _ := protowire.ConsumeBytes(rest[tag:]) // as long as length says
			return inner
		}
		rest = rest[tag+length:]
	}
	return nil
}

// see takes note of a ciphertext and says whether its counter was used for another one.
func (c *chains) see(from, to string, at position, content []byte) (reused bool) {
	key := chainKey(maphash.Comparable(c.seed, [3]string{from, to, at.name}))
	known := c.set[key]
	if known == nil {
		known = &chain{}
		c.remember(key, known)
	}
	return known.see(ciphertext{counter: at.counter, hash: maphash.Bytes(c.seed, content)})
}

func (c *chains) remember(key chainKey, fresh *chain) {
	c.set[key] = fresh
	if len(c.ring) < keptChains {
		c.ring = append(c.ring, key)
		return
	}
	delete(c.set, c.ring[c.at])
	c.ring[c.at] = key
	c.at = (c.at + 1) % keptChains
}

func (c *chain) see(seen ciphertext) (reused bool) {
	for _, known := range c.newest {
		if c.written > 0 && known == seen {
			return false // the same frame once more
		}
	}
	if seen.counter < c.next {
		if _, missing := c.holes[seen.counter]; !missing {
			return true
		}
		delete(c.holes, seen.counter)
	}
	for ; c.next <= seen.counter; c.next++ {
		if c.next < seen.counter && len(c.holes) < keptHoles {
			if c.holes == nil {
				c.holes = make(map[uint32]struct{})
			}
			c.holes[c.next] = struct{}{}
		} else if c.next < seen.counter {
			c.next = seen.counter // far ahead: what lies between counts as missing for good
		}
	}
	c.newest[c.written%len(c.newest)] = seen
	c.written++
	return false
}
