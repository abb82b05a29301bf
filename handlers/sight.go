package handlers

import (
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
)

// withinSight answers as if a device did not exist when the visitor may not see it.
// Together with admit it is the one place where the panel's permissions are enforced.
func (g *guard) withinSight(c echo.Context, v *visitor.Visitor) error {
	if v.User == nil { // admit has let nobody in but where no device is named
		return nil
	}
	named := slices.Concat(c.QueryParams()[web.DeviceField], c.Request().PostForm[web.DeviceField])
	if id := c.Param(web.DeviceParam); id != "" {
		named = append(named, id)
	}
	for _, id := range named {
		if id != "" && !v.Scope.Sees(id) {
			visitor.NoteRefusal(c, g.trail, g.devices, session.ErrNoDevice, id)
			return session.ErrNoDevice
		}
	}
	return nil
}
