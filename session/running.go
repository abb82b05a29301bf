package session

import "sync"

// running counts the goroutines of a manager. Unlike a sync.WaitGroup it takes no new ones
// once the last has ended at a shutdown: a connection may still have something to tell then.
type running struct {
	mu    sync.Mutex
	n     int
	ended chan struct{} // closed when n is 0 after end was called
	over  bool
}

// begin counts one more, unless it is over.
func (r *running) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.n++
	return true
}

// done ends one.
func (r *running) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n--
	r.check()
}

// end returns a channel that is closed when none runs any more, and nothing begins after.
func (r *running) end() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = make(chan struct{})
	}
	r.check()
	return r.ended
}

// check ends it when it is to end. The caller holds mu.
func (r *running) check() {
	if r.n == 0 && r.ended != nil && !r.over {
		r.over = true
		close(r.ended)
	}
}
