package webhook

import (
	"net/http"
	"sync"
	"time"

	"wadah/models"
)

// habits remembers which types endpoints answer with an error while they take others: some
// receivers answer 500 to what they do not know. Such an event waits on its own at once, so
// that its chat does not wait for it, and says nothing about the endpoint's health. After a
// start that is learned again.
type habits struct {
	mu   sync.Mutex
	seen map[string]map[string]*habit // by endpoint and type
}

type habit struct {
	refused int       // answers in a row that were errors of its own
	since   time.Time // of the first of them
	took    time.Time // when it last took one
}

const (
	unlovedAfter = 2               // errors in a row
	unlovedNear  = 5 * time.Minute // how near another type must have been taken
)

// note remembers what came of a try.
func (h *habits) note(endpoint, kind string, a models.Attempt) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = make(map[string]map[string]*habit)
	}
	of := h.seen[endpoint]
	if of == nil {
		of = make(map[string]*habit)
		h.seen[endpoint] = of
	}
	one := of[kind]
	if one == nil {
		one = &habit{}
		of[kind] = one
	}
	switch {
	case delivered(a):
		one.refused, one.took = 0, a.At
	case !ownError(a):
		one.refused = 0 // it is the whole receiver that fails
	default:
		if one.refused == 0 {
			one.since = a.At
		}
		one.refused++
	}
}

// ownError reports whether the program at the other end has answered that it cannot do with
// this, and not that it is away or busy.
func ownError(a models.Attempt) bool {
	switch a.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusGone,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return a.Error == "" && a.Status >= 400
}

// unloved reports whether an endpoint refuses this type while it takes others.
func (h *habits) unloved(endpoint, kind string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.seen[endpoint][kind]
	if one == nil || one.refused < unlovedAfter {
		return false
	}
	for other, o := range h.seen[endpoint] {
		if other != kind && !o.took.IsZero() && o.took.After(one.since.Add(-unlovedNear)) {
			return true
		}
	}
	return false
}
