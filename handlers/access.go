package handlers

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// scope is which devices somebody may see. nil sees none.
type scope struct {
	all bool            // an admin: every device, also those to come
	ids map[string]bool // of the devices an operator or viewer is assigned to
	key string          // equal for equal scopes, so that streams can share frames
}

// everything is the scope of admins.
var everything = &scope{all: true, key: "*"}

func newScope(ids map[string]bool) *scope {
	sorted := make([]string, 0, len(ids))
	for id := range ids {
		sorted = append(sorted, id)
	}
	slices.Sort(sorted)
	return &scope{ids: ids, key: strings.Join(sorted, " ")}
}

// scopeOf asks which devices a user may see.
func (s *Server) scopeOf(ctx context.Context, user models.User) (*scope, error) {
	if user.Role == models.RoleAdmin {
		return everything, nil
	}
	ids, err := s.store.AssignedDevices(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	return newScope(ids), nil
}

// sees reports whether the device belongs to the scope.
func (a *scope) sees(deviceID string) bool {
	return a != nil && (a.all || a.ids[deviceID])
}

// seen are the devices of the installation that belong to the scope, by creation.
func (s *Server) seen(a *scope) iter.Seq[*session.Snapshot] {
	return func(yield func(*session.Snapshot) bool) {
		for snap := range s.manager.Each() {
			if a.sees(snap.ID) && !yield(snap) {
				return
			}
		}
	}
}

// deviceParam is the part of a route's path that names a device, and the field by which
// forms and queries do. A route that is about a device uses one of them; the guard
// looks at both before any handler does.
const (
	deviceParam = "id"
	deviceField = "device"
)

// withinSight answers as if a device did not exist when the visitor may not see it.
// Together with admit it is the one place where the panel's permissions are enforced.
func (s *Server) withinSight(c echo.Context, v *visitor) error {
	if v.user == nil { // admit has let nobody in but where no device is named
		return nil
	}
	named := slices.Concat(c.QueryParams()[deviceField], c.Request().PostForm[deviceField])
	if id := c.Param(deviceParam); id != "" {
		named = append(named, id)
	}
	for _, id := range named {
		if id != "" && !v.scope.sees(id) {
			s.noteRefusal(c, session.ErrNoDevice, id)
			return session.ErrNoDevice
		}
	}
	return nil
}

// noteRefusal writes down that somebody who is signed in asked for what that person may
// not do, or for a device that is not that person's. Devices that do not exist are
// no matter.
func (s *Server) noteRefusal(c echo.Context, why error, deviceID string) {
	v := visitorOf(c)
	if v.user == nil || !errors.Is(why, web.ErrForbidden) && deviceID == "" {
		return
	}
	if deviceID != "" {
		if _, err := s.manager.Snapshot(deviceID); err != nil {
			return
		}
	}
	s.trail.Refused(c, audit.User(v.user.Name), deviceID)
}

// stillSees reports whether a stream opened with the scope then shows what it would
// with the scope now. Devices that are gone make no difference.
func (s *Server) stillSees(then, now *scope, device string) bool {
	if then.all || now.all || then.key == now.key {
		return then.all == now.all
	}
	if device != "" {
		return now.sees(device)
	}
	for id := range then.ids {
		if _, err := s.manager.Snapshot(id); err == nil && !now.ids[id] {
			return false
		}
	}
	for id := range now.ids {
		if !then.ids[id] {
			return false
		}
	}
	return true
}
