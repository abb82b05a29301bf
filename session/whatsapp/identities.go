package whatsapp

import "sync"

// identities remembers some of the keys that are stored for devices of others. The zero
// value knows none.
type identities struct {
	mu   sync.Mutex
	keys map[string][32]byte // by Signal address
}

// identitiesLimit bounds what one connection remembers: some 50 kB.
const identitiesLimit = 512

func (i *identities) has(address string, key [32]byte) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	stored, ok := i.keys[address]
	return ok && stored == key
}

func (i *identities) add(address string, key [32]byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys == nil || len(i.keys) >= identitiesLimit {
		i.keys = make(map[string][32]byte)
	}
	i.keys[address] = key
}

// clear forgets all: something was deleted.
func (i *identities) clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = nil
}
