package handlers

// owner is who opened an event stream: what it may be ended by, and against whose
// number it counts.
type owner struct {
	kind ownerKind
	id   string
}

type ownerKind int

const (
	ownedByDevice ownerKind = iota // the default device, without a key; id is the device's
	ownedByKey                     // id is the key's
	ownedByLogin                   // id is the login's token
	ownedByScan                    // id is the scan link's
)

// endOwner ends the streams of a key or scan link that is no longer valid.
func (b *broadcaster) endOwner(o owner) {
	b.endWhere(func(s *stream) bool { return s.owner == o })
}

// endKeysOf ends the streams of all keys of a device.
func (b *broadcaster) endKeysOf(deviceID string) {
	b.endWhere(func(s *stream) bool { return s.owner.kind == ownedByKey && s.device == deviceID })
}

func (b *broadcaster) endWhere(chosen func(*stream) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.streams {
		if chosen(s) {
			s.end(endedLogin)
		}
	}
}
