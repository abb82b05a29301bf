package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/session"
)

// serviceStart turns the device on. It answers before WhatsApp does, and says
// what comes next: a QR to scan, or a connection being made.
func (s *Calls) serviceStart(c echo.Context, call deviceCall) error {
	snap, err := s.devices.StartDevice(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	if !call.snap.Desired {
		s.noteCall(c, call, audit.DeviceStart)
	}
	return writeMessage(c, startMessage(snap))
}

// startMessage is the specification's sentence while a link is needed, and says
// honestly how far the connection is when there is one.
func startMessage(snap session.Snapshot) string {
	intro := "API for device " + snap.Name + " Already activated"
	switch {
	case snap.State == session.StateConnected:
		return intro + " and connected"
	case snap.Linked():
		return intro + ", connecting to WhatsApp"
	}
	return intro + ", please scan the qr code to connect the device"
}

// serviceDestroy turns the device off and keeps its link.
func (s *Calls) serviceDestroy(c echo.Context, call deviceCall) error {
	if _, err := s.devices.StopDevice(c.Request().Context(), call.snap.ID); err != nil {
		return err
	}
	if call.snap.Desired || call.snap.State != session.StateOff {
		s.noteCall(c, call, audit.DeviceStop)
	}
	return writeMessage(c, "Whatsapp API service successfully turned off.")
}

// serviceRestart turns the device off and on again.
func (s *Calls) serviceRestart(c echo.Context, call deviceCall) error {
	snap, err := s.devices.RestartDevice(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	s.noteCall(c, call, audit.DeviceRestart)
	return writeMessage(c, startMessage(snap))
}

// serviceLogout removes the link, here and, when WhatsApp answers, on the phone.
// It answers {"message","unlinked"}; unlinked is "confirmed", "unconfirmed" or
// "not_linked".
func (s *Calls) serviceLogout(c echo.Context, call deviceCall) error {
	done, err := s.devices.LogoutDevice(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	if done.Link != session.UnlinkNotLinked || call.snap.Desired {
		s.noteCall(c, call, audit.DeviceLogout)
	}
	type results struct {
		Message  string `json:"message"`
		Unlinked string `json:"unlinked"`
	}
	switch done.Link {
	case session.UnlinkConfirmed:
		return web.WriteResults(c, results{"The device is logged out, and WhatsApp has confirmed it.", "confirmed"})
	case session.UnlinkUnconfirmed:
		return web.WriteResults(c, results{"The device is logged out here, but WhatsApp did not confirm it. " +
			"Remove it on the phone under Linked devices.", "unconfirmed"})
	case session.UnlinkNotLinked:
	}
	return web.WriteResults(c, results{"The device was not linked.", "not_linked"})
}

// writeMessage answers {"code":200,"results":{"message":…}}.
func writeMessage(c echo.Context, message string) error {
	body := web.AppendString([]byte(`{"code":200,"results":{"message":`), message)
	return web.WriteJSON(c, http.StatusOK, append(body, "}}"...))
}
