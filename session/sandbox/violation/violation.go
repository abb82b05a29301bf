// Package violation keeps what clients of the simulated WhatsApp did that a client must
// never do. Tests hold the list empty.
package violation

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// Kind names what a client did wrong.
type Kind string

// The kinds of violations.
const (
	// CounterReused: two ciphertexts under one Signal counter; whoever gets the second
	// drops it.
	CounterReused Kind = "counter_reused"
	// Ciphertext: a ciphertext that no Signal implementation would make.
	Ciphertext Kind = "ciphertext"
	// IDReused: one message id in two chats.
	IDReused Kind = "id_reused"
	// TwoContents: one message id with two contents in the same chat.
	TwoContents Kind = "two_contents"
	// NoCiphertext: a message, or one of its recipients, without a ciphertext.
	NoCiphertext Kind = "no_ciphertext"
	// Shape: a stanza of a shape that WhatsApp refuses.
	Shape Kind = "shape"
	// ReceiptForNothing: a receipt for what was never sent to this account.
	ReceiptForNothing Kind = "receipt_for_nothing"
	// AckForNothing: an acknowledgement of what was never sent to this device.
	AckForNothing Kind = "ack_for_nothing"
	// TwoConnections: a login of a device that is connected already.
	TwoConnections Kind = "two_connections"
	// Identity: a signature or key that does not belong to the account.
	Identity Kind = "identity"
	// AppState: a patch whose hashes or authentication codes are wrong.
	AppState Kind = "app_state"
	// Media: an upload that is not what its address says.
	Media Kind = "media"
)

// Violation is one thing that a client did.
type Violation struct {
	Time   time.Time `json:"time"`
	Kind   Kind      `json:"kind"`
	Device string    `json:"device"` // address of the client's device, if it is known
	ID     string    `json:"id"`     // of the stanza, if it has one
	Detail string    `json:"detail"`
}

// String writes the violation for a test's report.
func (v Violation) String() string {
	return fmt.Sprintf("%s %s %s: %s", v.Kind, v.Device, v.ID, v.Detail)
}

// kept is how many violations are listed; more are counted.
const kept = 1000

// List is the violations so far. The zero value is empty and ready; all methods are safe
// for concurrent use.
type List struct {
	mu     sync.Mutex
	list   []Violation
	counts map[Kind]int64
}

// Add notes a violation.
func (l *List) Add(kind Kind, device, id, detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = make(map[Kind]int64)
	}
	l.counts[kind]++
	if len(l.list) < kept {
		l.list = append(l.list, Violation{Time: time.Now().UTC(), Kind: kind, Device: device, ID: id, Detail: detail})
	}
}

// All returns the first thousand violations, oldest first; never nil.
func (l *List) All() []Violation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Violation{}, l.list...)
}

// Counts returns how many there were of each kind.
func (l *List) Counts() map[Kind]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.counts)
}

// Clear forgets all violations.
func (l *List) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list, l.counts = nil, nil
}
