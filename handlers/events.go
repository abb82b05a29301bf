package handlers

import (
	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

// livePages are the event streams of pages. They have one address, so that a page that is
// open finds it after an update, too.
type livePages struct {
	device, list echo.HandlerFunc
	messages     echo.HandlerFunc
	phones       echo.HandlerFunc // nil without a sandbox
	phone        echo.HandlerFunc // likewise
}

// Routes is that address.
func (l *livePages) Routes() []web.Route {
	return []web.Route{web.Get("/events", web.Viewer, l.serve)}
}

// serve is the one event stream of a live page: of a device, its conversations, or the page that is named.
func (l *livePages) serve(c echo.Context) error {
	page := c.QueryParam("page")
	switch {
	case page == "messages":
		return l.messages(c)
	case c.QueryParam(web.DeviceField) != "":
		return l.device(c)
	case page == "devices":
		return l.list(c)
	case page == "phones" && l.phones != nil:
		return l.phones(c)
	case page == "phone" && l.phone != nil:
		return l.phone(c)
	}
	return echo.ErrNotFound
}
