package handlers

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
)

// devicePage is the page of one device.
func (s *Server) devicePage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	return s.Render(c, http.StatusOK, views.DeviceShow(page))
}

// snapshot is the device a route is about. A device another process has added
// meanwhile is looked for once.
func (s *Server) snapshot(c echo.Context) (session.Snapshot, error) {
	return s.manager.Find(c.Request().Context(), c.Param(web.DeviceParam))
}

// deviceShow is everything the page of a device shows, the key hidden.
func (s *Server) deviceShow(c echo.Context, snap session.Snapshot) (views.DevicePage, error) {
	ctx, v := c.Request().Context(), visitor.Of(c)
	page := views.DevicePage{Page: s.Around(c), CanManage: v.May(web.Admin)}
	if !web.IsGet(c.Request()) {
		page.Path = "/devices/" + snap.ID
	}
	var err error
	if page.Device, err = s.DeviceWithQR(snap, v.Zone, v.May(web.Operator)); err != nil {
		return page, err
	}
	if page.Timeline, err = s.timeline(ctx, snap, v.Zone); err != nil {
		return page, err
	}
	keys, err := s.store.Keys(ctx, snap.ID)
	if err != nil {
		return page, err
	}
	page.API = views.API{BaseURL: s.site.BaseURL(c)}
	if key := models.OldestKey(keys, time.Now()); key != nil {
		page.API.KeyID, page.API.CanReveal = key.ID, v.May(web.Operator)
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

// deviceQR is the picture of the current code, for who cannot show data URIs.
func (s *Server) deviceQR(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	img, err := s.pictures.Shown(snap)
	if err != nil {
		return err
	}
	if img == nil {
		return echo.ErrNotFound
	}
	return img.Write(c)
}

// confirmPage asks before a log out or a deletion.
func (s *Server) confirmPage(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	action := views.ConfirmAction(c.Param("action"))
	switch {
	case action == views.ConfirmDelete && !visitor.Of(c).May(web.Admin):
		return web.ErrForbidden
	case action != views.ConfirmDelete && action != views.ConfirmLogout:
		return echo.ErrNotFound
	}
	page := views.ConfirmPage{Page: s.Around(c), Device: pages.Device(snap, visitor.Of(c).Zone, true), Action: action}
	return s.Render(c, http.StatusOK, views.Confirm(page))
}
