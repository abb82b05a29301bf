package reference

import (
	"net/http"
	"slices"
	"sync"

	"github.com/labstack/echo/v4"

	"wadah/handlers/api/openapi"
	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	referenceviews "wadah/views/reference"
)

// Pages are the description of the API, and its forms to try a call.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	trail   *audit.Trail
	limits  limit.Limits
	door    http.Handler // where programs come in
	read    func() (*openapi.Description, error)
}

// New makes the pages; door is where programs come in. The description is read when it is first
// asked for.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, trail *audit.Trail, limits limit.Limits, door http.Handler) *Pages {
	return &Pages{renderer, store, devices, trail, limits, door, sync.OnceValues(openapi.Read)}
}

// referencePage shows the description of the API.
func (s *Pages) referencePage(c echo.Context) error {
	page, err := s.referenceShow(c)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, referenceviews.ReferenceShow(page))
}

func (s *Pages) referenceShow(c echo.Context) (referenceviews.ReferencePage, error) {
	v := visitor.Of(c)
	page := referenceviews.ReferencePage{Page: s.Around(c), BaseURL: s.BaseURL(c), CanTry: v.May(web.Operator), CanTrySystem: v.May(web.Admin)}
	ref, err := s.read()
	if err != nil {
		return page, err
	}
	page.Reference = ref.Texts[v.Lang]
	l := s.limits
	page.Limits = referenceviews.RefLimits{
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
	chosen := c.FormValue(web.DeviceField)
	if page.CanTry {
		page.Devices = s.deviceChoices(v.Scope, chosen)
	}
	if !web.IsGet(c.Request()) {
		page.Path = "/reference" // what was tried is not tried again by a change of language
		return page, nil
	}
	if chosen != "" {
		_, err = s.devices.Find(c.Request().Context(), chosen)
	}
	return page, err
}

// deviceChoices are the devices somebody may see, by name. The only one is chosen
// without being asked for.
func (s *Pages) deviceChoices(a *visitor.Scope, chosen string) []views.DeviceChoice {
	snaps := slices.SortedStableFunc(a.Seen(s.devices), pages.ByName)
	var out []views.DeviceChoice
	for _, snap := range snaps {
		out = append(out, views.DeviceChoice{ID: snap.ID, Name: snap.Name, Chosen: snap.ID == chosen || len(snaps) == 1})
	}
	return out
}
