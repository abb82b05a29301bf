package handlers

import (
	"context"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
)

// mustNote writes down what is about to be done; when that fails it must not happen.
func (s *Server) mustNote(c echo.Context, e models.AuditEntry) error {
	e.Address = s.clientAddr(c)
	// The entry is due although the client may be gone already.
	return s.store.AddAudit(context.WithoutCancel(c.Request().Context()), e)
}

// note writes down what was done. A failure to do so is logged; what was done is done.
func (s *Server) note(c echo.Context, e models.AuditEntry) {
	if err := s.mustNote(c, e); err != nil {
		s.log.Error("audit entry not stored", "action", e.Action, "device", e.DeviceID, "err", err)
	}
}

// noteSeldom is mustNote for what programs repeat all day: the same from the same
// address is written down once in a while only.
func (s *Server) noteSeldom(c echo.Context, e models.AuditEntry) error {
	key := seldomKey{e.Actor, e.Action, e.DeviceID, e.Target, s.clientAddr(c)}
	if !s.seldom.due(key, time.Now()) {
		return nil
	}
	err := s.mustNote(c, e)
	if err != nil {
		s.seldom.forget(key)
	}
	return err
}

const (
	seldomEvery = 10 * time.Minute
	seldomSize  = 4096 // what is remembered at most; beyond it entries may come more often
)

type seldomKey struct{ actor, action, device, target, address string }

// seldom remembers when something was last written down.
type seldom struct {
	mu   sync.Mutex
	last map[seldomKey]time.Time
}

func newSeldom() *seldom { return &seldom{last: make(map[seldomKey]time.Time)} }

// due reports whether it is time to write key down, and takes that for done.
func (s *seldom) due(key seldomKey, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, known := s.last[key]; known && now.Sub(at) < seldomEvery {
		return false
	}
	if len(s.last) >= seldomSize {
		clear(s.last)
	}
	s.last[key] = now
	return true
}

func (s *seldom) forget(key seldomKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.last, key)
}
