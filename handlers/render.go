package handlers

import (
	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
)

// renderProblem answers a failure in the panel, also of a request that the guard has not seen.
func (s *Server) renderProblem(c echo.Context, f *web.Failure) error {
	if !visitor.IsKnown(c) {
		if v, err := s.logins.Recognise(c); err == nil {
			v.Remember(c)
		}
	}
	return s.Problem(c, f)
}
