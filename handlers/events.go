package handlers

import (
	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

// livePages are the event streams of pages. They have one address, so that a page that is
// open finds it after an update, too.
type livePages struct {
	device, list echo.HandlerFunc
	phones       echo.HandlerFunc // nil without a sandbox
}

// Routes is that address.
func (l *livePages) Routes() []web.Route {
	return []web.Route{web.Get("/events", web.Viewer, l.serve)}
}

// serve is the one event stream of a live page: of a device, or of the page that is named.
func (l *livePages) serve(c echo.Context) error {
	if c.QueryParam(web.DeviceField) != "" {
		return l.device(c)
	}
	switch page := c.QueryParam("page"); {
	case page == "devices":
		return l.list(c)
	case page == "phones" && l.phones != nil:
		return l.phones(c)
	}
	return echo.ErrNotFound
}
