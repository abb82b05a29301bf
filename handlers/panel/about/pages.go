package about

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/pages"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/static"
	settingsviews "wadah/views/settings"
)

// Build says what this program was built from.
type Build struct {
	Go      string            // version of Go, as runtime.Version tells it
	Modules map[string]string // version of each linked module, by path
}

// Pages say what this program is and what it is made of.
type Pages struct {
	*pages.Renderer
	store *models.Store
	build Build
}

// New makes the pages.
func New(renderer *pages.Renderer, store *models.Store, build Build) *Pages {
	return &Pages{renderer, store, build}
}

// Routes say what this is and what it is made of.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/about", web.Viewer, s.aboutPage),
		web.Get("/about/licences", web.Viewer, s.licencesPage),
		web.Get("/about/licences/:text", web.Viewer, s.licencePage),
	}
}

// version is that of a part of the program; "" when the build does not tell.
func (b Build) version(l static.Licence) string {
	switch {
	case l.Version != "":
		return l.Version
	case l.Name == "go":
		return strings.TrimPrefix(b.Go, "go")
	}
	return b.Modules[l.Name]
}

// aboutPage says what this is, with the versions of what matters most.
func (s *Pages) aboutPage(c echo.Context) error {
	engine, engineVersion, err := s.store.Engine(c.Request().Context())
	if err != nil {
		return err
	}
	page := settingsviews.AboutPage{Page: s.Around(c)}
	version := map[string]string{}
	for _, l := range static.Licences() {
		page.Count++
		version[l.Name] = s.build.version(l)
		if strings.Contains(l.Terms, "GPL") {
			page.Copyleft = append(page.Copyleft, l.Name)
		}
	}
	page.Parts = []settingsviews.Part{
		{Name: "Wadah", Version: page.Versions.Wadah},
		{Name: "WhatsApp Web", Version: page.Versions.WhatsApp},
		{Name: "whatsmeow", Version: page.Versions.Library},
		{Name: "Go", Version: version["go"]},
		{Name: engine, Version: engineVersion},
		{Name: "htmx", Version: version["htmx.org"]},
		{Name: "Pico CSS", Version: version["@picocss/pico"]},
	}
	return s.Render(c, http.StatusOK, settingsviews.About(page))
}

// licencesPage lists the licences of everything the program contains.
func (s *Pages) licencesPage(c echo.Context) error {
	page := settingsviews.LicencesPage{Page: s.Around(c)}
	for _, l := range static.Licences() {
		page.Parts = append(page.Parts, settingsviews.LicencePart{
			Name: l.Name, Version: s.build.version(l), Terms: l.Terms, Text: strings.TrimSuffix(l.Text, ".txt"),
		})
	}
	return s.Render(c, http.StatusOK, settingsviews.Licences(page))
}

// licencePage is the text of one licence.
func (s *Pages) licencePage(c echo.Context) error {
	name := c.Param("text") + ".txt"
	page := settingsviews.LicencePage{}
	for _, l := range static.Licences() {
		if l.Text == name {
			page.Names, page.Terms = append(page.Names, l.Name), l.Terms
		}
	}
	if page.Names == nil {
		return echo.ErrNotFound
	}
	var err error
	if page.Text, err = static.LicenceText(name); err != nil {
		return err
	}
	page.Page = s.Around(c)
	return s.Render(c, http.StatusOK, settingsviews.Licence(page))
}
