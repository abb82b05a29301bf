package web

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

// Files serves the static files. It keeps them in memory, each read and compressed once.
type Files struct {
	base  string
	mu    sync.RWMutex
	files map[string]*asset
}

// NewFiles makes it for an installation below the path base.
func NewFiles(base string) *Files { return &Files{base: base, files: make(map[string]*asset)} }

// Routes are the static files, and what browsers and search engines ask for by themselves.
func (f *Files) Routes() []Route {
	return []Route{
		Get("/robots.txt", Open, f.robots),
		Get("/favicon.ico", Open, f.favicon),
		Get("/static/*", Open, f.staticFile),
	}
}

// get reads a file by its name in static. The error is fs.ErrNotExist when there is none.
func (f *Files) get(name string) (*asset, error) {
	f.mu.RLock()
	file, ok := f.files[name]
	f.mu.RUnlock()
	if ok {
		return file, nil
	}
	data, err := fs.ReadFile(static.FS(), name)
	if err != nil {
		return nil, err
	}
	file = &asset{kind: kindOf(name), plain: data}
	if file.kind == manifestType { // all of its addresses are ours
		file.plain = bytes.ReplaceAll(data, []byte(`: "/`), []byte(`: "`+f.base+`/`))
	}
	if isText(file.kind) {
		if file.small, err = Compress(file.plain, gzip.BestCompression); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files[name] = file
	return file, nil
}

const manifestType = "application/manifest+json"

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
		return manifestType
	case ".woff2":
		return "font/woff2"
	}
	return "text/plain; charset=utf-8"
}

func isText(kind string) bool {
	return strings.HasPrefix(kind, "text/") || kind == "image/svg+xml" || kind == manifestType
}

// staticFile serves an embedded file. Under the address with its hash it may be kept
// for ever.
func (f *Files) staticFile(c echo.Context) error {
	name := path.Clean(c.Param("*"))
	file, err := f.get(name)
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
	if file.small != nil && AcceptsGzip(c.Request()) {
		body = file.small
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, file.kind, body)
}

// favicon leads browsers that ask for the old address to the picture.
func (*Files) favicon(c echo.Context) error {
	return c.Redirect(http.StatusFound, static.URL("img/favicon.svg"))
}

// robots keeps the installation out of search engines.
func (*Files) robots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /\n")
}
