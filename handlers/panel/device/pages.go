package device

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/panel/signin"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
	deviceviews "wadah/views/device"
)

// Pages are the page of one device, what is done there, and what opens it to programs and
// guests.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	devices *session.Manager
	streams *pages.Streams
	trail   *audit.Trail
	signin  *signin.Pages
	region  string // of phone numbers without a country code
}

// New makes the pages; region is the country of phone numbers without a country code.
func New(renderer *pages.Renderer, store *models.Store, devices *session.Manager, streams *pages.Streams, trail *audit.Trail, signin *signin.Pages, region string) *Pages {
	return &Pages{renderer, store, devices, streams, trail, signin, region}
}

// section is the page of a section of a device.
func (s *Pages) section(which views.DeviceSection) echo.HandlerFunc {
	return func(c echo.Context) error {
		snap, err := s.snapshot(c)
		if err != nil {
			return err
		}
		return s.show(c, snap, which, http.StatusOK, nil)
	}
}

// show answers with a section of a device's page, as change makes it.
func (s *Pages) show(c echo.Context, snap session.Snapshot, which views.DeviceSection, status int, change func(*deviceviews.DevicePage)) error {
	page, err := s.sectionView(c, snap, which)
	if err != nil {
		return err
	}
	if change != nil {
		change(&page)
	}
	return s.Render(c, status, deviceviews.DeviceShow(page))
}

// snapshot is the device a route is about. A device another process has added
// meanwhile is looked for once.
func (s *Pages) snapshot(c echo.Context) (session.Snapshot, error) {
	return s.devices.Find(c.Request().Context(), c.Param(web.DeviceParam))
}

// sectionView is everything a section shows, keys hidden.
func (s *Pages) sectionView(c echo.Context, snap session.Snapshot, which views.DeviceSection) (deviceviews.DevicePage, error) {
	v := visitor.Of(c)
	page := deviceviews.DevicePage{Page: s.Around(c), Section: which, CanManage: v.May(web.Admin)}
	if !web.IsGet(c.Request()) {
		page.Path = views.DevicePath(snap.ID, which)
	}
	var err error
	switch which {
	case views.DeviceOverview:
		err = s.overviewView(c, snap, &page)
	case views.DeviceKeys:
		page.Device = pages.Device(snap, v.Zone, v.May(web.Operator))
		err = s.keysSection(c, &page)
	case views.DeviceSettings:
		page.Device = pages.Device(snap, v.Zone, true)
		page.Settings, err = s.settingsView(c.Request().Context(), snap)
	case views.DeviceDanger, views.DeviceMessages, views.DeviceWebhooks:
		page.Device = pages.Device(snap, v.Zone, v.May(web.Operator))
	}
	return page, err
}

func (s *Pages) overviewView(c echo.Context, snap session.Snapshot, page *deviceviews.DevicePage) (err error) {
	ctx, v := c.Request().Context(), visitor.Of(c)
	if page.Device, err = s.shown(snap, v.Zone, rightsOf(v)); err != nil {
		return err
	}
	page.Device.JustLinked = false // who opens the page now has not scanned on it
	if page.Timeline, err = s.timeline(ctx, snap, v.Zone); err != nil || !v.May(web.Operator) {
		return err
	}
	page.ScanLinks, err = s.scanLinksView(ctx, snap.ID, v.Zone)
	return err
}

func (s *Pages) keysSection(c echo.Context, page *deviceviews.DevicePage) error {
	ctx, v := c.Request().Context(), visitor.Of(c)
	keys, err := s.store.Keys(ctx, page.Device.ID)
	if err != nil {
		return err
	}
	page.API = deviceviews.API{BaseURL: s.BaseURL(c), CanReveal: v.May(web.Operator)}
	if key := models.OldestKey(keys, time.Now()); key != nil {
		page.API.KeyID = key.ID
	}
	if !v.May(web.Operator) {
		return nil
	}
	if page.Passkeys, err = s.signin.PasskeysOffered(c); err != nil {
		return err
	}
	page.Keys, err = s.keysView(ctx, keys, v.Zone)
	return err
}

// rights are what a visitor may do with a device, as far as its overview shows it.
type rights struct{ operate, manage bool }

func rightsOf(v *visitor.Visitor) rights { return rights{v.May(web.Operator), v.May(web.Admin)} }

// shown is a device as its overview shows it.
func (s *Pages) shown(snap session.Snapshot, z visitor.Zone, may rights) (views.Device, error) {
	d, err := s.DeviceWithQR(snap, z, may.operate)
	d.CanManage = may.manage
	if until, locked := s.devices.Outbox().NewChats(snap.ID); locked {
		d.NoNewChats, d.NoNewChatsUntil = true, z.At(until)
	}
	return d, err
}

// deviceQR is the picture of the current code, for browsers that cannot show data URIs.
func (s *Pages) deviceQR(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	img, err := s.Picture(snap)
	if err != nil {
		return err
	}
	if img == nil {
		return echo.ErrNotFound
	}
	return img.Write(c)
}

// confirmPage asks before a log out or a deletion.
func (s *Pages) confirmPage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	action := deviceviews.ConfirmAction(c.Param("action"))
	switch {
	case action == deviceviews.ConfirmDelete && !visitor.Of(c).May(web.Admin):
		return web.ErrForbidden
	case action != deviceviews.ConfirmDelete && action != deviceviews.ConfirmLogout:
		return echo.ErrNotFound
	}
	page := deviceviews.ConfirmPage{Page: s.Around(c), Device: pages.Device(snap, visitor.Of(c).Zone, true), Action: action}
	return s.Render(c, http.StatusOK, deviceviews.Confirm(page))
}
