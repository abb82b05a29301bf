package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/views"
)

// home is the list of devices.
func (s *Server) home(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/devices")
}

// devicesPage lists the devices, those another process has added meanwhile too.
func (s *Server) devicesPage(c echo.Context) error {
	if err := s.manager.Sync(c.Request().Context()); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.Devices(s.listView(s.page(c), listingOf(c))))
}

// addDevice makes a device and goes to its page.
func (s *Server) addDevice(c echo.Context) error {
	if err := s.roomForDevice(); err != nil {
		return err
	}
	name := c.FormValue("name")
	snap, _, err := s.manager.AddDevice(c.Request().Context(), name)
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		page := s.listView(s.page(c), listingOf(c))
		page.Path = "/devices"
		page.Name, page.NameProblem = name, page.Lang.Invalid(invalid.Code)
		return s.render(c, http.StatusUnprocessableEntity, views.Devices(page))
	}
	if err != nil {
		return err
	}
	s.audit(c, visitorOf(c).user.Name, "device.create", snap.ID, snap.Name)
	s.setFlash(c, views.NoticeDeviceAdded, snap.Name)
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}
