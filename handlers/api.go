package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// apiCall is an API request whose key has been accepted.
type apiCall struct {
	snap  session.Snapshot // the key's device, as it was when the request came
	key   string           // as the client sent it; "" when the default device answers
	keyID string
	in    params
}

// apiHandler answers a call on one device.
type apiHandler func(c echo.Context, call apiCall) error

// apiDoes is what a call does to its device.
type apiDoes int

const (
	reads apiDoes = iota
	changes
)

// withKey lets a call answer for the device whose key the request carries. Errors:
// errUnauthorized, whatever is wrong with the key, and the failures of readParams.
func (s *Server) withKey(does apiDoes, next apiHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := readParams(c.Response(), c.Request(), s.limits.MaxBody)
		if err != nil {
			return err
		}
		key, err := keyOf(c.Request(), in)
		if err != nil {
			return err
		}
		call := apiCall{key: key, in: in}
		if key == "" {
			call.snap, err = s.defaultDevice(c.Request(), does)
		} else {
			call.snap, call.keyID, err = s.deviceByKey(c, key)
		}
		if err != nil {
			return err
		}
		web.Recognised(c)
		if call.keyID != "" {
			if err := s.spend(call.keyID); err != nil {
				return err
			}
		}
		return next(c, call)
	}
}

// deviceByKey finds the device a key opens. A key may belong to a device that
// another process (`wadah device add`) has just made: then the manager looks once.
func (s *Server) deviceByKey(c echo.Context, key string) (session.Snapshot, string, error) {
	ctx := c.Request().Context()
	id, keyID, err := s.store.DeviceIDByKey(ctx, key)
	if errors.Is(err, models.ErrNotFound) {
		return session.Snapshot{}, "", errUnauthorized
	}
	if err != nil {
		return session.Snapshot{}, "", fmt.Errorf("look up key: %w", err)
	}
	snap, err := s.manager.Find(ctx, id)
	if errors.Is(err, session.ErrNoDevice) {
		return session.Snapshot{}, "", errUnauthorized
	}
	return snap, keyID, err
}

// defaultDevice answers requests without a key, from programs of this machine only. A
// link that somebody follows here must not change anything.
func (s *Server) defaultDevice(r *http.Request, does apiDoes) (session.Snapshot, error) {
	if !s.site.Keyless(r) || does == changes && web.IsNavigation(r) {
		return session.Snapshot{}, errUnauthorized
	}
	for _, snap := range s.manager.Snapshots() {
		if snap.Default {
			return snap, nil
		}
	}
	return session.Snapshot{}, errUnauthorized
}

// noteCall writes down what a program has changed about its device.
func (s *Server) noteCall(c echo.Context, call apiCall, action audit.Action) {
	by := audit.Keyless
	if call.keyID != "" {
		by = audit.Key(call.keyID)
	}
	e := audit.Entry(by, action, call.snap.ID, call.snap.Name)
	if call.keyID != "" {
		if key, err := s.store.APIKey(context.WithoutCancel(c.Request().Context()), call.keyID); err == nil {
			e.Detail = key.Name
		}
	}
	s.trail.Often(c, e)
}
