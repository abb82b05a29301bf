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

// devicePage is the page of one device.
func (s *Pages) devicePage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, deviceviews.DeviceShow(page))
}

// snapshot is the device a route is about. A device another process has added
// meanwhile is looked for once.
func (s *Pages) snapshot(c echo.Context) (session.Snapshot, error) {
	return s.devices.Find(c.Request().Context(), c.Param(web.DeviceParam))
}

// deviceShow is everything the page of a device shows, the key hidden.
func (s *Pages) deviceShow(c echo.Context, snap session.Snapshot) (deviceviews.DevicePage, error) {
	ctx, v := c.Request().Context(), visitor.Of(c)
	page := deviceviews.DevicePage{Page: s.Around(c), CanManage: v.May(web.Admin)}
	if !web.IsGet(c.Request()) {
		page.Path = "/devices/" + snap.ID
	}
	var err error
	if page.Device, err = s.shown(snap, v.Zone, v.May(web.Operator)); err != nil {
		return page, err
	}
	if page.Timeline, err = s.timeline(ctx, snap, v.Zone); err != nil {
		return page, err
	}
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return page, err
	}
	page.API = deviceviews.API{BaseURL: s.BaseURL(c), CanReveal: v.May(web.Operator)}
	if key := models.OldestKey(keys, time.Now()); key != nil {
		page.API.KeyID = key.ID
	}
	if v.May(web.Admin) {
		if page.Settings, err = s.settingsView(snap); err != nil {
			return page, err
		}
	}
	if v.May(web.Operator) {
		if page.Keys, err = s.keysView(ctx, keys, v.Zone); err != nil {
			return page, err
		}
		if page.Passkeys, err = s.signin.PasskeysOffered(c); err != nil {
			return page, err
		}
		page.ScanLinks, err = s.scanLinksView(ctx, snap.ID, v.Zone)
	}
	return page, err
}

// shown is a device as its page shows it.
func (s *Pages) shown(snap session.Snapshot, z visitor.Zone, canOperate bool) (views.Device, error) {
	d, err := s.DeviceWithQR(snap, z, canOperate)
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
