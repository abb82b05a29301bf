package handlers

import (
	"sync"
	"time"

	"wadah/models"
)

const (
	// stepTime is how long something that takes two requests may take.
	stepTime = 10 * time.Minute
	// stepsSize bounds what is remembered of one kind; when it is full, the oldest goes.
	stepsSize = 10_000
)

// steps remembers what people who are signed in have begun and not finished, in memory
// only: passkeys that are being made, apps that are being enrolled. A restart forgets it;
// people begin again. What strangers begin is a pendingStep.
type steps[T any] struct {
	mu   sync.Mutex
	open map[string]begun[T]
}

type begun[T any] struct {
	value T
	until time.Time
}

func newSteps[T any]() *steps[T] { return &steps[T]{open: make(map[string]begun[T])} }

// put remembers value under key, in place of what was there.
func (s *steps[T]) put(key string, now time.Time, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.open[key]; !known {
		s.makeRoom(now)
	}
	s.open[key] = begun[T]{value, now.Add(stepTime)}
}

// get is what was begun under key, unless that is too long ago.
func (s *steps[T]) get(key string, now time.Time) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.open[key]
	if !ok || !now.Before(b.until) {
		return value, false
	}
	return b.value, true
}

// take is get for what may be used once.
func (s *steps[T]) take(key string, now time.Time) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.open[key]
	delete(s.open, key)
	if !ok || !now.Before(b.until) {
		return value, false
	}
	return b.value, true
}

func (s *steps[T]) drop(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, key)
}

// makeRoom keeps the map bounded. The caller holds mu.
func (s *steps[T]) makeRoom(now time.Time) {
	if len(s.open) < stepsSize {
		return
	}
	oldest, first := "", time.Time{}
	for key, b := range s.open {
		if !now.Before(b.until) {
			delete(s.open, key)
		} else if first.IsZero() || b.until.Before(first) {
			oldest, first = key, b.until
		}
	}
	if len(s.open) >= stepsSize {
		delete(s.open, oldest)
	}
}

// openSteps is what people have begun, by kind. One kind cannot push out another.
type openSteps struct {
	enrolments    *steps[models.TOTPEnrolment] // by the token of the login
	registrations *steps[registration]         // by the token of the login
}

func newOpenSteps() openSteps {
	return openSteps{enrolments: newSteps[models.TOTPEnrolment](), registrations: newSteps[registration]()}
}
