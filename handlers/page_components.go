package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/views/gallery"
)

// componentsPage shows maintainers every component in every state.
func (s *Server) componentsPage(c echo.Context) error {
	page := gallery.ShowPage{Page: s.Around(c), At: visitor.Of(c).Zone.At(time.Now())}
	return s.Render(c, http.StatusOK, gallery.Show(page))
}
