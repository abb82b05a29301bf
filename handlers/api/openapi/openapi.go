// Package openapi is the description of the API and how it is read: by programs as it is, and by
// the panel's reference.
package openapi

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"net/http"
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
)

// openAPI describes every call of the API. It is the one source: tests hold the
// routes and every answer of this package's tests against it.
//
//go:embed openapi.yaml
var openAPI []byte

// Serve answers with the description for an installation below the path base. It tells nothing
// that the README does not, so everybody may read it.
func Serve(base string) echo.HandlerFunc {
	here := bytes.Replace(openAPI, []byte("\n  - url: /\n"), []byte("\n  - url: "+base+"/\n"), 1)
	small := sync.OnceValues(func() ([]byte, error) { return web.Compress(here, gzip.BestCompression) })
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Cache-Control", "no-cache")
		h.Add("Vary", "Accept-Encoding")
		body := here
		if web.AcceptsGzip(c.Request()) {
			var err error
			if body, err = small(); err != nil {
				return err
			}
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		return c.Blob(http.StatusOK, "application/yaml", body)
	}
}

// FamilyPaths are the addresses that answer in the envelope of the family's system API.
func FamilyPaths() map[string]bool { return familyPaths }

var familyPaths = map[string]bool{
	"/api/listDevice": true, "/api/addDevice": true, "/api/editDevice": true,
	"/api/detailDevice": true, "/api/deleteDevice": true, "/api/changeApiKey": true,
}
