package devicelist

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// Pages are the list of devices.
type Pages struct {
	*pages.Renderer
	devices *session.Manager
	streams *pages.Streams
	trail   *audit.Trail
	log     *slog.Logger
}

// New makes the pages.
func New(renderer *pages.Renderer, devices *session.Manager, streams *pages.Streams, trail *audit.Trail, log *slog.Logger) *Pages {
	return &Pages{renderer, devices, streams, trail, log}
}

// home is the list of devices.
func (s *Pages) home(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/devices")
}

// devicesPage lists the devices, those another process has added meanwhile too. To htmx,
// which asks while somebody types, it answers with what another query changes.
func (s *Pages) devicesPage(c echo.Context) error {
	if err := s.devices.Sync(c.Request().Context()); err != nil {
		return err
	}
	l := listingOf(c)
	if web.IsFragment(c.Request()) {
		return s.searchPartials(c, l)
	}
	return s.renderList(c, http.StatusOK, l, func(*deviceviews.DevicesPage) {})
}

// renderList answers with the page of the list, changed as an action wants it.
func (s *Pages) renderList(c echo.Context, status int, l listing, change func(*deviceviews.DevicesPage)) error {
	list := s.listView(c.Request().Context(), s.Around(c), l, s.arrange(l))
	list.Path = list.Query.Path()
	change(&list)
	return s.Render(c, status, deviceviews.Devices(list))
}

// searchPartials replaces the tools, the summary, the rows and the stream, which sends
// what the query shows from now on.
func (s *Pages) searchPartials(c echo.Context, l listing) error {
	ctx, page := c.Request().Context(), views.Page{Lang: l.lang}
	now := s.arrange(l)
	list := s.listView(ctx, page, l, now)
	partials, err := listPartials(ctx, list)
	if err != nil {
		return err
	}
	tools, err := deviceviews.SearchPartial(ctx, list)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, http.StatusOK, append(partials, tools)...)
}

// addDevice makes a device and goes to its page. With then=start it is also started, so that
// its QR is on its way when the page is there.
func (s *Pages) addDevice(c echo.Context) error {
	name := c.FormValue("name")
	snap, _, err := s.devices.AddDevice(c.Request().Context(), name)
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return s.renderList(c, http.StatusUnprocessableEntity, listingOf(c), func(p *deviceviews.DevicesPage) {
			p.Name, p.NameProblem = name, p.Lang.Invalid(invalid.Code)
		})
	}
	if err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceCreate, snap.ID, snap.Name))
	if c.FormValue("then") == "start" {
		return s.startAdded(c, snap)
	}
	s.SetFlash(c, views.NoticeDeviceAdded, snap.Name)
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}

// startAdded starts a device that was just made and goes to its page. When it does not start,
// the page says why: the device exists all the same.
func (s *Pages) startAdded(c echo.Context, snap session.Snapshot) error {
	if _, err := s.devices.StartDevice(c.Request().Context(), snap.ID); err != nil {
		f := web.FailureOf(err)
		if !pages.InWords(f) {
			return err
		}
		s.SetProblem(c, f.Code)
		return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceStart, snap.ID, snap.Name))
	s.SetFlash(c, views.NoticeAddedStarted, snap.Name)
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}
