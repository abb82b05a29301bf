package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/session"
)

// deviceParam is the part of a route's path that names a device, and the field by which
// forms and queries do. A route that is about a device uses one of them; the guard
// looks at both before any handler does.
const (
	deviceParam = "id"
	deviceField = "device"
)

// withinSight answers as if a device did not exist when the visitor may not see it.
// Together with admit it is the one place where the panel's permissions are enforced.
func (s *Server) withinSight(c echo.Context, v *visitor.Visitor) error {
	if v.User == nil { // admit has let nobody in but where no device is named
		return nil
	}
	named := slices.Concat(c.QueryParams()[deviceField], c.Request().PostForm[deviceField])
	if id := c.Param(deviceParam); id != "" {
		named = append(named, id)
	}
	for _, id := range named {
		if id != "" && !v.Scope.Sees(id) {
			visitor.NoteRefusal(c, s.trail, s.manager, session.ErrNoDevice, id)
			return session.ErrNoDevice
		}
	}
	return nil
}
