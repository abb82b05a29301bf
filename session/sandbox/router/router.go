// Package router carries stanzas between the devices of the simulated WhatsApp: it
// knows accounts, devices, their public keys and groups, keeps for each device what it
// has not acknowledged, and answers requests. It cannot read a message, as WhatsApp
// cannot, and it is as strict: what WhatsApp would refuse gets WhatsApp's error.
//
// A client is a [Session] of a device, whether it is connected by a socket or is a
// virtual phone in this process: both use the same door.
package router

import (
	"log/slog"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"

	"wadah/session/sandbox/violation"
)

// Line is how stanzas reach a client. Neither method waits or calls the router back.
type Line interface {
	// Send hands over an answer or something fleeting; it may be lost.
	Send(node waBinary.Node) error
	// Wake says that [Session.Next] has something.
	Wake()
}

// Config is what a router needs. Everything but Media may be left out.
type Config struct {
	// KeyFile keeps one-time pre-keys over a restart. Empty: they end with the process.
	KeyFile    string
	Log        *slog.Logger
	Violations *violation.List
	Media      Media
	// Trouble is what goes wrong on purpose.
	Trouble Trouble
	// After calls a function once, later.
	After func(d time.Duration, f func())
	// Unknown is told of each request that the router does not know.
	Unknown func(kind string)
	// Changed is told when something that people can see has changed.
	Changed func()
}

// Router is the state of the simulated WhatsApp as far as messages are concerned. All
// methods are safe for concurrent use.
type Router struct {
	log        *slog.Logger
	violations *violation.List
	media      Media
	trouble    Trouble
	after      func(time.Duration, func())
	unknown    func(string)
	changed    func()

	// mu guards everything below. Lines are called under it, nothing else is.
	mu       sync.Mutex
	settled  *sync.Cond          // some stanza was acknowledged, or some device has gone
	accounts map[string]*account // by phone number
	hidden   map[string]*account // by the user part of the LID
	groups   map[string]*group   // by the user part of the address
	keybook  *keybook
	messages ledger
	chains   chains
	nextID   uint64
	stats    Stats
}

// New makes a router without accounts.
func New(cfg Config) (*Router, error) {
	book, err := openKeybook(cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	r := &Router{
		keybook: book,
		log:     cfg.Log, violations: cfg.Violations, media: cfg.Media, trouble: cfg.Trouble, after: cfg.After, unknown: cfg.Unknown, changed: cfg.Changed,
		accounts: make(map[string]*account), hidden: make(map[string]*account), groups: make(map[string]*group),
		messages: newLedger(), chains: newChains(),
	}
	r.settled = sync.NewCond(&r.mu)
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	if r.violations == nil {
		r.violations = new(violation.List)
	}
	if r.trouble == nil {
		r.trouble = noTrouble{}
	}
	if r.after == nil {
		r.after = func(d time.Duration, f func()) { time.AfterFunc(d, f) }
	}
	if r.unknown == nil {
		r.unknown = func(string) {}
	}
	if r.changed == nil {
		r.changed = func() {}
	}
	return r, nil
}

// Close gives back what the router holds; nothing of it may be used any more.
func (r *Router) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keybook.close()
}

// Stats are counts since the start.
type Stats struct {
	Messages                               int64         `json:"messages"`      // accepted from clients and phones
	Refused                                map[int]int64 `json:"refused"`       // messages by the error they got
	Partial                                int64         `json:"partial"`       // messages that did not reach all devices
	Deliveries                             int64         `json:"deliveries"`    // stanzas handed to clients, repeats too
	Repeated                               int64         `json:"repeated"`      // of those, the repeats
	Receipts                               int64         `json:"receipts"`      // from clients and phones
	Notifications                          int64         `json:"notifications"` // made
	PreKeys, PreKeyUploads, PreKeysRefused int64         `json:"-"`
	Waiting                                int           `json:"waiting"` // stanzas that are not acknowledged
}

// Stats returns the counts so far.
func (r *Router) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.stats
	stats.Refused = make(map[int]int64, len(r.stats.Refused))
	for code, count := range r.stats.Refused {
		stats.Refused[code] = count
	}
	for _, a := range r.accounts {
		for _, d := range a.devices {
			stats.Waiting += d.box.len()
		}
	}
	return stats
}
