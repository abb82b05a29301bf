package sandbox

import "sync"

// watchers are those who want to know that something a person can see has changed.
type watchers struct {
	mu   sync.Mutex
	open map[chan struct{}]struct{}
}

// Watch returns a channel that holds a token whenever what [Service.Phones] or
// [Service.Outage] tell may have changed since the last token was taken: many changes
// become one token, and nobody waits for a slow watcher. Stop must be called once it
// is not needed any more.
func (s *Service) Watch() (changes <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = make(map[chan struct{}]struct{})
	}
	w.open[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open, c)
	}
}

// changed tells the watchers. The caller may hold mu: a watcher that looks has to wait
// for it, and then sees the change.
func (s *Service) changed() {
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
