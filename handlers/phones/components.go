package phones

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/views/gallery"
)

// components shows maintainers every component in every state.
func (s *Pages) components(c echo.Context) error {
	page := gallery.ShowPage{Page: s.Around(c), At: visitor.Of(c).Zone.At(time.Now())}
	return s.Render(c, http.StatusOK, gallery.Show(page))
}
