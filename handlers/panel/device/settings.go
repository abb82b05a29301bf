package device

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

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

// dots stand where a proxy's password is not shown. Left as they are, they keep the
// stored one.
const dots = "••••••"

// settingsView is the card of what may be changed about a device.
func (s *Pages) settingsView(snap session.Snapshot) (deviceviews.DeviceSettings, error) {
	proxy, err := s.devices.DeviceProxy(snap.ID)
	return deviceviews.DeviceSettings{
		Show: true, Name: snap.Name, Note: snap.Note, Proxy: maskProxy(proxy), HasProxy: proxy != "",
	}, err
}

// maskProxy is a proxy's address as it may be shown: without its password.
func maskProxy(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	user := ""
	if u.User != nil {
		user = url.User(u.User.Username()).String()
		if _, has := u.User.Password(); has {
			user += ":" + dots
		}
		user += "@"
	}
	return u.Scheme + "://" + user + u.Host
}

// renameDevice gives the device another name.
func (s *Pages) renameDevice(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	typed := c.FormValue("name")
	after, err := s.devices.RenameDevice(c.Request().Context(), snap.ID, typed)
	if err != nil {
		return s.settingRefused(c, snap, deviceviews.SettingName, err, func(v *deviceviews.DeviceSettings) { v.Name = typed })
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceRename, after.ID, after.Name))
	return s.settingSaved(c, after, deviceviews.SettingName, views.NoticeDeviceRenamed)
}

// noteDevice stores the owner's remark about the device.
func (s *Pages) noteDevice(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	// Browsers send line ends of their own.
	typed := strings.ReplaceAll(c.FormValue("note"), "\r\n", "\n")
	after, err := s.devices.SetDeviceNote(c.Request().Context(), snap.ID, typed)
	if err != nil {
		return s.settingRefused(c, snap, deviceviews.SettingNote, err, func(v *deviceviews.DeviceSettings) { v.Note = typed })
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceNote, snap.ID, snap.Name))
	return s.settingSaved(c, after, deviceviews.SettingNote, views.NoticeNoteSaved)
}

// proxyDevice makes the device connect through a proxy, or no longer.
func (s *Pages) proxyDevice(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	typed, notice := strings.TrimSpace(c.FormValue("proxy")), views.NoticeProxySaved
	address, err := s.proxyMeant(snap.ID, typed)
	if c.FormValue("remove") == "yes" {
		address, notice, err = "", views.NoticeProxyRemoved, nil
	}
	after := snap
	if err == nil {
		after, err = s.devices.SetDeviceProxy(c.Request().Context(), snap.ID, address)
	}
	if err != nil {
		return s.settingRefused(c, snap, deviceviews.SettingProxy, err, func(v *deviceviews.DeviceSettings) { v.Proxy = typed })
	}
	e := visitor.Entry(c, audit.DeviceProxy, snap.ID, snap.Name)
	e.Detail = proxyPlace(address)
	s.trail.Note(c, e)
	return s.settingSaved(c, after, deviceviews.SettingProxy, notice)
}

// proxyMeant is the address that was typed, with the stored password where it was left
// hidden. It goes nowhere else than where it was meant for: another address needs the
// password anew.
func (s *Pages) proxyMeant(id, typed string) (string, error) {
	stored, err := s.devices.DeviceProxy(id)
	switch {
	case err != nil:
		return "", err
	case typed == "":
		return "", &models.Invalid{Field: "proxy", Code: "proxy_required", Message: "A proxy's address is required."}
	case typed == maskProxy(stored):
		return stored, nil
	case strings.Contains(typed, "•"):
		return "", &models.Invalid{Field: "proxy", Code: "proxy_again", Message: "Another address needs its password typed anew."}
	}
	return typed, nil
}

// proxyPlace is where a proxy is, without who may use it.
func proxyPlace(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// defaultDeviceSubmit makes the device answer API requests without a key from this
// machine, or no longer.
func (s *Pages) defaultDeviceSubmit(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	on, notice, detail := c.FormValue("on") == "true", views.NoticeDefaultOn, "on"
	if !on {
		notice, detail = views.NoticeDefaultOff, "off"
	}
	after, err := s.devices.SetDefaultDevice(c.Request().Context(), snap.ID, on)
	if err != nil {
		return err
	}
	e := visitor.Entry(c, audit.DeviceDefault, snap.ID, snap.Name)
	e.Detail = detail
	s.trail.Note(c, e)
	return s.settingSaved(c, after, deviceviews.SettingDefault, notice)
}

// settingSaved answers a change: htmx gets the setting anew, which says that it is
// saved; a plain form is led to the page, which says so above. What else shows it comes
// through the page's event stream.
func (s *Pages) settingSaved(c echo.Context, snap session.Snapshot, which deviceviews.Setting, notice views.Notice) error {
	if !web.IsFragment(c.Request()) {
		s.SetFlash(c, notice, snap.Name)
		return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
	}
	return s.settingPartials(c, snap, http.StatusOK, which, func(v *deviceviews.DeviceSettings) { v.Saved = which })
}

// settingRefused shows what is wrong beside what was typed; other errors pass through.
func (s *Pages) settingRefused(c echo.Context, snap session.Snapshot, which deviceviews.Setting, err error, typed func(*deviceviews.DeviceSettings)) error {
	var invalid *models.Invalid
	if !errors.As(err, &invalid) {
		return err
	}
	change := func(v *deviceviews.DeviceSettings) {
		typed(v)
		v.Refused, v.Problem = which, visitor.Of(c).Lang.Invalid(invalid.Code)
	}
	if web.IsFragment(c.Request()) {
		return s.settingPartials(c, snap, http.StatusUnprocessableEntity, which, change)
	}
	page, err := s.deviceShow(c, snap)
	if err != nil {
		return err
	}
	change(&page.Settings)
	return s.Render(c, http.StatusUnprocessableEntity, deviceviews.DeviceShow(page))
}

func (s *Pages) settingPartials(c echo.Context, snap session.Snapshot, status int, which deviceviews.Setting, change func(*deviceviews.DeviceSettings)) error {
	ctx, v := c.Request().Context(), visitor.Of(c)
	view, err := s.settingsView(snap)
	if err != nil {
		return err
	}
	change(&view)
	part, err := deviceviews.SettingPartial(ctx, v.Lang, pages.Device(snap, v.Zone, true), view, which)
	if err != nil {
		return err
	}
	notice, err := views.NoticePartial(ctx, v.Lang, nil) // what was wrong before is past
	if err != nil {
		return err
	}
	return pages.WritePartials(c, status, part, notice)
}
