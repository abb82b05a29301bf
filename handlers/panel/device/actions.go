package device

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/session"
	"wadah/views"
)

// startDevice, stopDevice and restartDevice change what the owner wants and answer
// with the state that led to; the rest comes over the event stream.
func (s *Pages) startDevice(c echo.Context) error {
	return s.deviceAction(c, audit.DeviceStart, views.NoticeStarted, s.devices.StartDevice)
}

func (s *Pages) stopDevice(c echo.Context) error {
	return s.deviceAction(c, audit.DeviceStop, views.NoticeStopped, s.devices.StopDevice)
}

func (s *Pages) restartDevice(c echo.Context) error {
	return s.deviceAction(c, audit.DeviceRestart, views.NoticeRestarted, s.devices.RestartDevice)
}

func (s *Pages) deviceAction(c echo.Context, action audit.Action, notice views.Notice,
	do func(context.Context, string) (session.Snapshot, error),
) error {
	before, err := s.snapshot(c)
	if err != nil {
		return err
	}
	snap, err := do(c.Request().Context(), before.ID)
	if err != nil {
		return s.actionFailed(c, before.ID, err)
	}
	s.trail.Note(c, visitor.Entry(c, action, snap.ID, snap.Name))
	if web.IsFragment(c.Request()) {
		return s.actionPartials(c)
	}
	s.SetFlash(c, notice, snap.Name)
	return c.Redirect(http.StatusSeeOther, web.OwnPath(c.FormValue("next"), "/devices/"+snap.ID))
}

// actionPartials takes an old message away and leaves the state alone: that comes
// through the page's event stream only. Two ways for it could overtake each other, and
// a slow answer would show a state that is past.
func (s *Pages) actionPartials(c echo.Context) error {
	notice, err := views.NoticePartial(c.Request().Context(), visitor.Of(c).Lang, nil)
	if err != nil {
		return err
	}
	return pages.WritePartials(c, http.StatusOK, notice)
}

// actionFailed takes a person back to the page with the reason, when it is one people
// can do something about.
func (s *Pages) actionFailed(c echo.Context, id string, err error) error {
	f := web.FailureOf(err)
	if !pages.InWords(f) || web.IsFragment(c.Request()) {
		return err
	}
	s.SetProblem(c, f.Code)
	return c.Redirect(http.StatusSeeOther, web.OwnPath(c.FormValue("next"), "/devices/"+id))
}

// logoutDevice removes the link, after it was confirmed.
func (s *Pages) logoutDevice(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID+"/confirm/logout")
	}
	done, err := s.devices.LogoutDevice(c.Request().Context(), snap.ID)
	if err != nil {
		return s.actionFailed(c, snap.ID, err)
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceLogout, snap.ID, snap.Name))
	notice := views.NoticeLoggedOut
	switch done.Link {
	case session.UnlinkUnconfirmed:
		notice = views.NoticeLogoutUnverified
	case session.UnlinkNotLinked:
		notice = views.NoticeLogoutNotLinked
	case session.UnlinkConfirmed:
	}
	s.SetFlash(c, notice, snap.Name)
	return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID)
}

// deleteDevice removes the device with its keys and its link, after it was confirmed.
func (s *Pages) deleteDevice(c echo.Context) error {
	snap, err := s.snapshot(c)
	if err != nil {
		return err
	}
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/devices/"+snap.ID+"/confirm/delete")
	}
	done, err := s.devices.DeleteDevice(c.Request().Context(), snap.ID)
	if err != nil {
		return s.actionFailed(c, snap.ID, err)
	}
	s.trail.Note(c, visitor.Entry(c, audit.DeviceDelete, snap.ID, snap.Name))
	notice := views.NoticeDeviceDeleted
	switch done.Link {
	case session.UnlinkConfirmed:
		notice = views.NoticeDeletedUnlinked
	case session.UnlinkUnconfirmed:
		notice = views.NoticeDeletedUnverified
	case session.UnlinkNotLinked:
	}
	s.SetFlash(c, notice, snap.Name)
	return c.Redirect(http.StatusSeeOther, "/devices")
}
