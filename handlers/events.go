package handlers

import (
	"github.com/labstack/echo/v4"
)

// pageEvents is the one event stream of a live page: the list, a device, or the
// virtual phones.
func (s *Server) pageEvents(c echo.Context) error {
	if id := c.QueryParam("device"); id != "" {
		return s.deviceEvents(c, id)
	}
	switch c.QueryParam("page") {
	case "devices":
		return s.listEvents(c)
	case "phones":
		if s.phones != nil {
			return s.phones.Events(c)
		}
	}
	return echo.ErrNotFound
}
