package handlers

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/static"
	"wadah/views"
)

// page is what every page needs around its content. It takes the flash, so call it
// once for an answer.
func (s *Server) page(c echo.Context) views.Page {
	v := visitor.Of(c)
	p := views.Page{
		Lang: v.Lang, Theme: v.Theme, Zone: v.ChosenZone, Path: "/", Flash: s.takeFlash(c, v.Lang),
		Sandbox: s.cfg.Simulated || s.cfg.Sandbox != nil, Phones: s.cfg.Sandbox != nil,
		Versions: views.Versions{Wadah: s.cfg.Version, Library: s.cfg.Library, WhatsApp: s.manager.Version().String()},
		Asset:    static.URL,
	}
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

// render answers with a page. It is rendered whole before a byte is sent, so that a
// failure still becomes an error page.
func (s *Server) render(c echo.Context, status int, page templ.Component) error {
	buf := s.buffers.get()
	defer s.buffers.put(buf)
	if err := page.Render(c.Request().Context(), buf); err != nil {
		return err
	}
	return writeHTML(c, status, buf.Bytes())
}

// writeHTML answers with HTML that no cache may keep: it is for one person.
func writeHTML(c echo.Context, status int, body []byte) error {
	h := c.Response().Header()
	h["Cache-Control"] = web.NoStore
	h.Set("Content-Length", strconv.Itoa(len(body)))
	return c.HTMLBlob(status, body)
}

// writePartials answers an htmx request with what it replaces.
func writePartials(c echo.Context, status int, partials ...[]byte) error {
	return writeHTML(c, status, bytes.Join(partials, nil))
}

// inWords reports whether a failure is something a person can do about, told by the
// panel's own sentence for its code (views.Lang.Invalid). The others are told by their
// status.
func inWords(f *web.Failure) bool {
	switch f.Status {
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusBadGateway:
		return slices.Contains(views.InvalidCodes(), f.Code)
	}
	return false
}

// renderProblem answers a failure in the panel: a notice for htmx, otherwise a page.
func (s *Server) renderProblem(c echo.Context, f *web.Failure) error {
	s.site.SetHeaders(c)
	if !visitor.IsKnown(c) {
		if v, err := s.logins.Recognise(c); err == nil {
			v.Remember(c)
		}
	}
	lang := visitor.Of(c).Lang
	words := problemWords(f, lang)
	if web.IsFragment(c.Request()) {
		text := strings.TrimSpace(words.Text + " " + words.Advice)
		notice, err := views.NoticePartial(c.Request().Context(), lang, &views.Flash{Tone: views.ToneDanger, Text: text})
		if err != nil {
			return err
		}
		return writePartials(c, f.Status, notice)
	}
	page := views.ProblemPage{Page: s.page(c), Status: f.Status, Words: words}
	if f.Status >= http.StatusInternalServerError {
		page.RequestID = web.RequestID(c)
	}
	return s.render(c, f.Status, views.Problem(page))
}

// problemWords is what a person is told about a failure.
func problemWords(f *web.Failure, lang views.Lang) views.ProblemWords {
	switch seen := f.Seen.(type) {
	case web.CrossSite:
		return lang.CrossSite(views.CrossSite(seen))
	case web.WrongHost:
		return lang.WrongHost(views.WrongHost(seen))
	}
	words := lang.Problem(f.Status)
	if inWords(f) {
		words.Text = lang.Invalid(f.Code)
	}
	return words
}
