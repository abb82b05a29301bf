package passwords

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"wadah/models/engine"
)

// Limits of the line in which passwords wait to be hashed. A hash takes some 30 ms of a
// core, so the whole line is a second or two.
const (
	lineLength = 64 // who wait, of strangers and of the others each
	lineShare  = 16 // strangers of one network among them
	lineTime   = 10 * time.Second
)

// Asker is for whom a password is hashed. The zero Asker is somebody the installation
// knows already: signed in, at the machine, or in a browser that was signed in before.
// They are served before strangers.
type Asker struct {
	stranger bool
	network  string
}

// Stranger is an Asker of whom nothing is known but the network.
func Stranger(network string) Asker { return Asker{stranger: true, network: network} }

// line gives turns to hash, a few at a time: each takes 19 MiB, and a flood of sign-ins
// must take neither all memory nor everybody's time. Who would have to wait for too long
// is told so at once.
type line struct {
	mu        sync.Mutex
	free      int // turns nobody has; nobody waits unless it is 0
	known     []*waiter
	strangers []*waiter
}

type waiter struct {
	by   Asker
	turn chan struct{} // closed when it is this one's turn
}

func errLineFull() error {
	return engine.Faultf(engine.ErrBusy, nil, "too many passwords wait to be checked")
}

// take waits for a turn; the caller gives it back with done. ErrBusy when the line is
// full, or too slow.
func (l *line) take(ctx context.Context, by Asker) error {
	w, err := l.join(by)
	if w == nil {
		return err
	}
	late := time.NewTimer(lineTime)
	defer late.Stop()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		err = fmt.Errorf("wait to hash a password: %w", ctx.Err())
	case <-late.C:
		err = errLineFull()
	}
	if !l.leave(w) { // its turn came at the same moment
		l.done()
	}
	return err
}

// join takes a turn that is free, without a waiter, or a place in the line.
func (l *line) join(by Asker) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free > 0 {
		l.free--
		return nil, nil
	}
	queue := l.queue(by)
	if len(*queue) >= lineLength || by.stranger && l.waitingFrom(by.network) >= lineShare {
		return nil, errLineFull()
	}
	w := &waiter{by: by, turn: make(chan struct{})}
	*queue = append(*queue, w)
	return w, nil
}

func (l *line) queue(by Asker) *[]*waiter {
	if by.stranger {
		return &l.strangers
	}
	return &l.known
}

func (l *line) waitingFrom(network string) (n int) {
	for _, w := range l.strangers {
		if w.by.network == network {
			n++
		}
	}
	return n
}

// leave gives a place up; false when the waiter has its turn already.
func (l *line) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.queue(w.by)
	at := slices.Index(*queue, w)
	if at < 0 {
		return false
	}
	*queue = slices.Delete(*queue, at, at+1)
	return true
}

// done passes a turn on.
func (l *line) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, queue := range []*[]*waiter{&l.known, &l.strangers} {
		if len(*queue) > 0 {
			close((*queue)[0].turn)
			*queue = slices.Delete(*queue, 0, 1)
			return
		}
	}
	l.free++
}
