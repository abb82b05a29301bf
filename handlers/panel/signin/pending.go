package signin

import (
	"encoding/json"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

const (
	// stepTime is how long something that takes two requests may take.
	stepTime = 10 * time.Minute
	// stepsSize is how many people who are signed in may have begun something of one kind.
	// What they have begun is remembered in memory only: after a restart they begin again.
	stepsSize = 10_000
)

// pendingStep is something that takes a visitor two requests. What was begun travels
// sealed in a cookie: strangers can fill no memory with it and push nobody else's out.
type pendingStep[T any] struct {
	cookie string // its name, and what it is sealed for
}

type sealedStep[T any] struct {
	Begun time.Time
	Value T
}

func (p pendingStep[T]) begin(s *Pages, c echo.Context, value T) error {
	now := s.now()
	plain, err := json.Marshal(sealedStep[T]{now, value})
	if err != nil {
		return web.ErrInternal.Because(err)
	}
	sealed, err := s.store.Seal(p.cookie, "", string(plain))
	if err != nil {
		return err
	}
	s.SetCookie(c, p.cookie, sealed, now.Add(stepTime))
	return nil
}

// begun is what this browser has begun and not finished; ok is false when there is
// nothing, or it is too long ago.
func (p pendingStep[T]) begun(s *Pages, c echo.Context) (value T, at time.Time, ok bool) {
	sealed := web.CookieValue(c, p.cookie)
	if sealed == "" {
		return value, at, false
	}
	plain, err := s.store.Unseal(p.cookie, "", sealed)
	if err != nil {
		return value, at, false
	}
	var step sealedStep[T]
	if json.Unmarshal([]byte(plain), &step) != nil || s.now().Sub(step.Begun) > stepTime {
		return value, at, false
	}
	return step.Value, step.Begun, true
}

func (p pendingStep[T]) end(s *Pages, c echo.Context) { s.DropCookie(c, p.cookie) }
