package device

import (
	"context"
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

// settingsView is what may be changed about a device.
func (s *Pages) settingsView(ctx context.Context, snap session.Snapshot) (deviceviews.DeviceSettings, error) {
	row, err := s.store.Device(ctx, snap.ID)
	return deviceviews.DeviceSettings{
		Name: snap.Name, Note: snap.Note, LinkedName: row.LinkedName, Proxy: maskProxy(row.Proxy), HasProxy: row.Proxy != "",
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

// saveSettings stores what a form says about the device; what is absent, or as it was, stays.
// Each field is stored by itself: one that is refused keeps none of the others back.
func (s *Pages) saveSettings(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	before, err := s.settingsView(c.Request().Context(), snap)
	if err != nil {
		return err
	}
	ctx, id, problems := c.Request().Context(), snap.ID, map[string]string{}
	for _, f := range []struct {
		name, was string
		action    audit.Action
		store     func(ctx context.Context, id, typed string) (session.Snapshot, error)
	}{
		{"name", before.Name, audit.DeviceRename, s.devices.RenameDevice},
		{"note", before.Note, audit.DeviceNote, s.devices.SetDeviceNote},
		{"linked_name", before.LinkedName, audit.DeviceLinkedName, s.devices.SetLinkedName},
		{"proxy", before.Proxy, audit.DeviceProxy, s.storeProxy},
	} {
		typed, store := formText(form, f.name), f.store
		switch remove := f.name == "proxy" && form.Get("remove") == "yes"; {
		case remove:
			typed, store = "", s.devices.SetDeviceProxy
		case !form.Has(f.name), typed == f.was && len(form) > 1: // a form of one field is about that
			continue
		}
		after, err := store(ctx, id, typed)
		var invalid *models.Invalid
		if errors.As(err, &invalid) {
			problems[f.name] = visitor.Of(c).Lang.Invalid(invalid.Code)
			continue
		}
		if err != nil {
			return err
		}
		snap = after
		e := visitor.Entry(c, f.action, id, snap.Name)
		if f.action == audit.DeviceProxy {
			e.Detail = s.proxyPlace(id)
		}
		s.trail.Note(c, e)
	}
	if len(problems) > 0 {
		return s.settingsRefused(c, snap, form, problems)
	}
	return s.settingSaved(c, snap, deviceviews.SettingDetails, views.NoticeSettingsSaved)
}

// formText is what was typed into a field. Browsers send line ends of their own.
func formText(form url.Values, field string) string {
	return strings.ReplaceAll(form.Get(field), "\r\n", "\n")
}

// storeProxy makes the device connect through the proxy that was typed.
func (s *Pages) storeProxy(ctx context.Context, id, typed string) (session.Snapshot, error) {
	address, err := s.proxyMeant(id, strings.TrimSpace(typed))
	if err != nil {
		return session.Snapshot{}, err
	}
	return s.devices.SetDeviceProxy(ctx, id, address)
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

// proxyPlace is where a device's proxy is, without who may use it; "" when it has none.
func (s *Pages) proxyPlace(id string) string {
	address, err := s.devices.DeviceProxy(id)
	if err != nil || address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
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

// settingSaved answers a change: htmx gets the form anew, which says that it is saved; a
// plain form is led back to the settings, which say so above. What else shows it comes
// through the page's event stream.
func (s *Pages) settingSaved(c echo.Context, snap session.Snapshot, which deviceviews.Setting, notice views.Notice) error {
	if !web.IsFragment(c.Request()) {
		s.SetFlash(c, notice, snap.Name)
		return c.Redirect(http.StatusSeeOther, views.DevicePath(snap.ID, views.DeviceSettings))
	}
	return s.settingPartials(c, snap, http.StatusOK, which, func(v *deviceviews.DeviceSettings) { v.Saved = which })
}

// settingsRefused shows what is wrong beside what was typed.
func (s *Pages) settingsRefused(c echo.Context, snap session.Snapshot, form url.Values, problems map[string]string) error {
	change := func(v *deviceviews.DeviceSettings) {
		v.Problems = problems
		for field, value := range map[string]*string{"name": &v.Name, "note": &v.Note, "proxy": &v.Proxy} {
			if _, bad := problems[field]; bad {
				*value = formText(form, field)
			}
		}
	}
	if web.IsFragment(c.Request()) {
		return s.settingPartials(c, snap, http.StatusUnprocessableEntity, deviceviews.SettingDetails, change)
	}
	return s.show(c, snap, views.DeviceSettings, http.StatusUnprocessableEntity, func(page *deviceviews.DevicePage) { change(&page.Settings) })
}

func (s *Pages) settingPartials(c echo.Context, snap session.Snapshot, status int, which deviceviews.Setting, change func(*deviceviews.DeviceSettings)) error {
	ctx, v := c.Request().Context(), visitor.Of(c)
	view, err := s.settingsView(c.Request().Context(), snap)
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
