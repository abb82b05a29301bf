package message

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"wadah/models"
)

// Inbox is the one writer of what all devices bring. What waits while one transaction
// is being written goes into the next one together, so that a busy fleet pays for few
// commits and a quiet device for none but its own.
type Inbox struct {
	store *models.Store
	log   *slog.Logger
	queue chan *delivery
	ended chan struct{} // closed when Run has ended
	odd   atomic.Int64  // arrivals of which something had to be left out
}

// delivery is one arrival and who waits for it.
type delivery struct {
	arrival models.Arrival
	done    chan stored // holds one
}

// stored is what became of an arrival.
type stored struct {
	outcome models.Outcome
	err     error
}

// Limits of the writer.
const (
	// groupLimit is how many arrivals one transaction takes at most.
	groupLimit = 256
	// queueLimit is how many wait at most; more make their devices wait, which make
	// WhatsApp wait.
	queueLimit = 1024
)

// ErrClosed answers what arrives after the writer has ended.
var ErrClosed = errors.New("nothing is stored any more: the program is stopping")

// NewInbox makes a writer; Run writes.
func NewInbox(store *models.Store, log *slog.Logger) *Inbox {
	return &Inbox{store: store, log: log, queue: make(chan *delivery, queueLimit), ended: make(chan struct{})}
}

// Accept stores one thing that a device of this account was handed, and returns when it
// survives a power cut: only then may WhatsApp be told that it arrived. An error means
// that it is not stored. What the database refuses for what it is, is stored as far as it
// can be: see odd.go.
func (i *Inbox) Accept(deviceID, account string, in Incoming) (models.Outcome, error) {
	a, ok, err := made(deviceID, account, in)
	if err != nil || !ok {
		return models.Outcome{}, err
	}
	out, err := i.put(a)
	if !isRefusal(err) {
		return out, err
	}
	i.odd.Add(1)
	i.log.Error("something that arrived cannot be stored as it is", "device", deviceID, "what", fmt.Sprintf("%T", in), "err", err)
	for _, a := range lesser(a) {
		if out, err = i.put(a); !isRefusal(err) {
			return out, err
		}
	}
	if gone := errors.Is(err, models.ErrNotFound); gone {
		return models.Outcome{}, err // there is no such device any more
	}
	i.log.Error("nothing of it could be stored; it is passed over", "device", deviceID, "err", err)
	return models.Outcome{}, nil
}

// Odd counts what arrived and could not be stored as it was.
func (i *Inbox) Odd() int64 { return i.odd.Load() }

// errPanic stands for a panic. Whatever made it would make it again.
var errPanic = errors.New("storing panicked")

// made is arrival, which is given what strangers have written.
func made(deviceID, account string, in Incoming) (a models.Arrival, ok bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPanic, r)
		}
	}()
	a, ok = arrival(deviceID, account, in)
	return a, ok, nil
}

// put stores one arrival and returns when it survives a power cut.
func (i *Inbox) put(a models.Arrival) (models.Outcome, error) {
	d := &delivery{arrival: a, done: make(chan stored, 1)}
	select {
	case i.queue <- d:
	case <-i.ended:
		return models.Outcome{}, ErrClosed
	}
	select {
	case s := <-d.done:
		return s.outcome, s.err
	case <-i.ended:
		select {
		case s := <-d.done: // it was in the last group
			return s.outcome, s.err
		default:
			return models.Outcome{}, ErrClosed
		}
	}
}

// Run writes until ctx ends. What waits then is answered with ErrClosed.
func (i *Inbox) Run(ctx context.Context) {
	defer close(i.ended)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case d := <-i.queue:
			i.write(i.gather(d)) //nolint:contextcheck // see commit
		}
	}
}

// gather takes what waits behind the first one.
func (i *Inbox) gather(first *delivery) []*delivery {
	group := append(make([]*delivery, 0, 16), first)
	for len(group) < groupLimit {
		select {
		case d := <-i.queue:
			group = append(group, d)
		default:
			return group
		}
	}
	return group
}

// write stores a group. When it cannot be stored as a whole although the storage works,
// one of them is the reason: each then stands for itself.
func (i *Inbox) write(group []*delivery) {
	arrivals := make([]models.Arrival, len(group))
	for n, d := range group {
		arrivals[n] = d.arrival
	}
	outcomes, err := i.commit(arrivals)
	switch {
	case err == nil:
		for n, d := range group {
			d.done <- stored{outcome: outcomes[n]}
		}
	case len(group) == 1 || !isRefusal(err):
		for _, d := range group {
			d.done <- stored{err: err}
		}
	default:
		i.log.Warn("a group of arrivals was refused; each is stored by itself", "size", len(group), "err", err)
		for _, d := range group {
			i.write([]*delivery{d})
		}
	}
}

// commit is one transaction. It is not bound to a context: what has begun is finished. A
// panic ends it and not the writer.
func (i *Inbox) commit(arrivals []models.Arrival) (outcomes []models.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			outcomes, err = nil, fmt.Errorf("%w: %v", errPanic, r)
			i.log.Error("recovered from a panic", "in", "inbox", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	return i.store.Accept(context.Background(), arrivals)
}
