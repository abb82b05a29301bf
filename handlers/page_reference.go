package handlers

import (
	"compress/gzip"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/views"
)

// referenceRoutes are the reference of the API and its forms.
func (s *Server) referenceRoutes() []web.Route {
	return []web.Route{
		web.Get("/reference", web.Viewer, s.referencePage),
		web.Post("/reference/try", web.Operator, s.tryCall), // the calls of the installation: admins, see tryCall
	}
}

// referencePage shows the description of the API.
func (s *Server) referencePage(c echo.Context) error {
	page, err := s.referenceShow(c)
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept-Encoding")
	if !web.AcceptsGzip(c.Request()) {
		return s.render(c, http.StatusOK, views.ReferenceShow(page))
	}
	buf := s.buffers.get()
	defer s.buffers.put(buf)
	if err := views.ReferenceShow(page).Render(c.Request().Context(), buf); err != nil {
		return err
	}
	// A quarter of a megabyte of text becomes a tenth of that. Other pages are not
	// compressed: the length of what is would tell about the secrets in it.
	small, err := web.Compress(buf.Bytes(), gzip.BestSpeed)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Encoding", "gzip")
	return writeHTML(c, http.StatusOK, small)
}

func (s *Server) referenceShow(c echo.Context) (views.ReferencePage, error) {
	v := visitor.Of(c)
	page := views.ReferencePage{Page: s.page(c), BaseURL: s.site.BaseURL(c), CanTry: v.May(web.Operator), CanTrySystem: v.May(web.Admin)}
	ref, err := s.reference()
	if err != nil {
		return page, err
	}
	page.Reference = ref.texts[v.Lang]
	l := s.limits
	page.Limits = views.RefLimits{
		KeyRate: l.KeyRate, KeyBurst: l.KeyBurst, AddressRate: l.AddressRate, AddressBurst: l.AddressBurst,
		KeyStreams: l.KeyStreams, Body: l.MaxBody,
	}
	if page.CanTrySystem {
		secrets, err := s.store.SystemSecrets(c.Request().Context())
		if err != nil {
			return page, err
		}
		page.SystemOff = len(secrets) == 0
	}
	chosen := c.FormValue(deviceField)
	if page.CanTry {
		page.Devices = s.deviceChoices(v.Scope, chosen)
	}
	if !web.IsGet(c.Request()) {
		page.Path = "/reference" // what was tried is not tried again by a change of language
		return page, nil
	}
	if chosen != "" {
		_, err = s.manager.Find(c.Request().Context(), chosen)
	}
	return page, err
}

// deviceChoices are the devices somebody may see, by name. The only one is chosen
// without being asked for.
func (s *Server) deviceChoices(a *visitor.Scope, chosen string) []views.DeviceChoice {
	snaps := slices.SortedStableFunc(a.Seen(s.manager), byName)
	var out []views.DeviceChoice
	for _, snap := range snaps {
		out = append(out, views.DeviceChoice{ID: snap.ID, Name: snap.Name, Chosen: snap.ID == chosen || len(snaps) == 1})
	}
	return out
}
