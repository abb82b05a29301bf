package live

// Owner is who opened a stream: against whose number it counts, and what may end it. What
// the words mean is up to the rooms that open and end streams.
type Owner struct {
	Kind Kind
	ID   string
	Of   string // what the owners belong to that may end together
}

// Kind is the kind of an owner.
type Kind int

// The kinds of owners.
const (
	ByDevice Kind = iota // a program without a key; the ID is the device's
	ByKey                // an API key, of its device
	ByLogin              // a login, by its token, of its user
	ByLink               // a scan link, of its device
)

// End ends the streams of one owner.
func (b *Broadcaster) End(kind Kind, id string) {
	b.endWhere(func(o Owner) bool { return o.Kind == kind && o.ID == id })
}

// EndAllOf ends the streams of all owners of a kind that belong to something.
func (b *Broadcaster) EndAllOf(kind Kind, of string) {
	b.endWhere(func(o Owner) bool { return o.Kind == kind && o.Of == of })
}

func (b *Broadcaster) endWhere(chosen func(Owner) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.streams {
		if chosen(s.Owner) {
			s.end(endedOwner)
		}
	}
}
