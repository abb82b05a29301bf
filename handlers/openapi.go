package handlers

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openAPI describes every call of the API. It is the one source: tests hold the
// routes and every answer of this package's tests against it.
//
//go:embed openapi.yaml
var openAPI []byte

// apiDescription serves the OpenAPI description. It tells nothing that the README
// does not, so everybody may read it.
func (s *Server) apiDescription(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "application/yaml", openAPI)
}
