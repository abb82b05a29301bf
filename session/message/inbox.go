package message

import (
	"context"
	"errors"
	"log/slog"

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
// that it is not stored.
func (i *Inbox) Accept(deviceID, account string, in Incoming) error {
	a, ok := arrival(deviceID, account, in)
	if !ok {
		return nil
	}
	_, err := i.put(a)
	return err
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
	case len(group) == 1 || errors.Is(err, models.ErrStorage):
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

// commit is one transaction. It is not bound to a context: what has begun is finished.
func (i *Inbox) commit(arrivals []models.Arrival) ([]models.Outcome, error) {
	return i.store.Accept(context.Background(), arrivals)
}
