package phones

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

// control serves the simulated service's JSON API to programs on this machine.
func (s *Pages) control(c echo.Context) error {
	if !s.Keyless(c.Request()) {
		return web.WriteJSON(c, http.StatusForbidden, errNotLocal.JSON())
	}
	http.StripPrefix("/sandbox", s.service.ControlHandler()).ServeHTTP(c.Response(), c.Request())
	return nil
}

var errNotLocal = &web.Failure{
	Status: http.StatusForbidden, Code: "not_local",
	Message: "The sandbox is controlled only by programs of the machine it runs on: by no other machine, no web page, and not where --public-url or --trusted-proxies say that people come from elsewhere.",
}
