package pages

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/views"
)

// InWords reports whether a failure is something a person can do about, told by the
// panel's own sentence for its code (views.Lang.Invalid). The others are told by their
// status.
func InWords(f *web.Failure) bool {
	switch f.Status {
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusBadGateway:
		return slices.Contains(views.InvalidCodes(), f.Code)
	}
	return false
}

// Problem answers a failure in the panel: a notice for htmx, otherwise a page.
func (r *Renderer) Problem(c echo.Context, f *web.Failure) error {
	r.SetHeaders(c)
	lang := visitor.Of(c).Lang
	words := ProblemWords(f, lang)
	if web.IsFragment(c.Request()) {
		text := strings.TrimSpace(words.Text + " " + words.Advice)
		notice, err := views.NoticePartial(c.Request().Context(), lang, &views.Flash{Tone: views.ToneDanger, Text: text})
		if err != nil {
			return err
		}
		return WritePartials(c, f.Status, notice)
	}
	page := views.ProblemPage{Page: r.Around(c), Status: f.Status, Words: words}
	if f.Status >= http.StatusInternalServerError {
		page.RequestID = web.RequestID(c)
	}
	return r.Render(c, f.Status, views.Problem(page))
}

// ProblemWords is what a person is told about a failure.
func ProblemWords(f *web.Failure, lang views.Lang) views.ProblemWords {
	switch seen := f.Seen.(type) {
	case web.CrossSite:
		return lang.CrossSite(views.CrossSite(seen))
	case web.WrongHost:
		return lang.WrongHost(views.WrongHost(seen))
	}
	words := lang.Problem(f.Status)
	if InWords(f) {
		words.Text = lang.Invalid(f.Code)
	}
	return words
}

// LogFailure writes down what is ours to mend, of a failure that is told otherwise than by a
// page.
func (r *Renderer) LogFailure(c echo.Context, f *web.Failure) { web.LogFailure(r.log, c, f) }
