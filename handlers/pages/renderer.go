package pages

import (
	"bytes"
	"log/slog"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"wadah/handlers/qr"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/static"
	"wadah/views"
)

// Renderer answers people: with pages, parts of pages, and a word on the next page. It knows
// the site they come to.
type Renderer struct {
	*web.Site
	devices  *session.Manager
	pictures *qr.Pictures
	log      *slog.Logger
	common   views.Page // what is the same on all pages
	buffers  buffers
}

// NewRenderer makes one of what is the same on all pages.
func NewRenderer(site *web.Site, devices *session.Manager, pictures *qr.Pictures, log *slog.Logger, common views.Page) *Renderer {
	return &Renderer{Site: site, devices: devices, pictures: pictures, log: log, common: common}
}

// Around is what every page needs around its content. It takes the flash, so call it
// once for an answer.
func (r *Renderer) Around(c echo.Context) views.Page {
	v := visitor.Of(c)
	p := r.common
	p.Lang, p.Theme, p.Zone, p.Path, p.Flash = v.Lang, v.Theme, v.ChosenZone, "/", r.takeFlash(c, v.Lang)
	p.Versions.WhatsApp, p.Asset = r.devices.Version().String(), static.URL
	p.Base = r.Base()
	if web.IsGet(c.Request()) {
		p.Path = c.Request().URL.RequestURI()
	}
	if v.User != nil {
		p.User = &views.User{Name: v.User.Name, Role: views.Role(v.User.Role)}
	}
	return p
}

// buffers are reused between answers: a page is some 40 kB.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *bytes.Buffer {
	if buf, ok := b.pool.Get().(*bytes.Buffer); ok {
		buf.Reset()
		return buf
	}
	return new(bytes.Buffer)
}

func (b *buffers) put(buf *bytes.Buffer) { b.pool.Put(buf) }

// Render answers with a page. It is rendered whole before a byte is sent, so that a
// failure still becomes an error page.
func (r *Renderer) Render(c echo.Context, status int, page templ.Component) error {
	buf := r.buffers.get()
	defer r.buffers.put(buf)
	if err := page.Render(c.Request().Context(), buf); err != nil {
		return err
	}
	return writeHTML(c, status, buf.Bytes())
}

// writeHTML answers with HTML that no cache may keep: it is for one person.
func writeHTML(c echo.Context, status int, body []byte) error {
	site := web.SiteOf(c)
	body, err := site.Shrink(c, site.Place(body))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h["Cache-Control"] = web.NoStore
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.HTMLBlob(status, body)
}

// WritePartials answers an htmx request with what it replaces.
func WritePartials(c echo.Context, status int, partials ...[]byte) error {
	return writeHTML(c, status, bytes.Join(partials, nil))
}
