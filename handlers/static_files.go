package handlers

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"wadah/static"
)

// asset is a static file ready to be sent.
type asset struct {
	kind  string // Content-Type
	plain []byte
	small []byte // gzip; nil when it gains nothing
}

// assets keeps the static files in memory, each read and compressed once.
type assets struct {
	mu    sync.RWMutex
	files map[string]*asset
}

func newAssets() *assets { return &assets{files: make(map[string]*asset)} }

// get reads a file by its name in static. The error is fs.ErrNotExist when there is none.
func (a *assets) get(name string) (*asset, error) {
	a.mu.RLock()
	file, ok := a.files[name]
	a.mu.RUnlock()
	if ok {
		return file, nil
	}
	data, err := fs.ReadFile(static.FS(), name)
	if err != nil {
		return nil, err
	}
	file = &asset{kind: kindOf(name), plain: data}
	if isText(file.kind) {
		if file.small, err = compress(data, gzip.BestCompression); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[name] = file
	return file, nil
}

// kindOf does not ask the operating system, whose tables differ.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	}
	return "text/plain; charset=utf-8"
}

func isText(kind string) bool {
	return strings.HasPrefix(kind, "text/") || kind == "image/svg+xml" || kind == "application/manifest+json"
}

// compress is data in gzip, or nil when that gains nothing.
func compress(data []byte, level int) ([]byte, error) {
	var buf bytes.Buffer
	w, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if buf.Len() >= len(data) {
		return nil, nil
	}
	return buf.Bytes(), nil
}

// staticFile serves an embedded file. Under the address with its hash it may be kept
// for ever.
func (s *Server) staticFile(c echo.Context) error {
	name := path.Clean(c.Param("*"))
	file, err := s.assets.get(name)
	if err != nil {
		return echo.ErrNotFound.WithInternal(err)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-cache")
	if static.Current(name, c.QueryParam("v")) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Add("Vary", "Accept-Encoding")
	body := file.plain
	if file.small != nil && acceptsGzip(c.Request()) {
		body = file.small
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, file.kind, body)
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// favicon leads browsers that ask for the old address to the picture.
func (s *Server) favicon(c echo.Context) error {
	return c.Redirect(http.StatusFound, static.URL("img/favicon.svg"))
}

// robots keeps the installation out of search engines.
func (s *Server) robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /\n")
}
