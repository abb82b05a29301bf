package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/session"
)

// apiServiceStart turns the device on. It answers before WhatsApp does, and says
// what comes next: a QR to scan, or a connection being made.
func (s *Server) apiServiceStart(c echo.Context, call apiCall) error {
	snap, err := s.manager.StartDevice(c.Request().Context(), call.snap.ID)
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

// apiServiceDestroy turns the device off and keeps its link.
func (s *Server) apiServiceDestroy(c echo.Context, call apiCall) error {
	if _, err := s.manager.StopDevice(c.Request().Context(), call.snap.ID); err != nil {
		return err
	}
	if call.snap.Desired || call.snap.State != session.StateOff {
		s.noteCall(c, call, audit.DeviceStop)
	}
	return writeMessage(c, "Whatsapp API service successfully turned off.")
}

// apiServiceRestart turns the device off and on again.
func (s *Server) apiServiceRestart(c echo.Context, call apiCall) error {
	snap, err := s.manager.RestartDevice(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	s.noteCall(c, call, audit.DeviceRestart)
	return writeMessage(c, startMessage(snap))
}

// apiServiceLogout removes the link, here and, when WhatsApp answers, on the phone.
// It answers {"message","unlinked"}; unlinked is "confirmed", "unconfirmed" or
// "not_linked".
func (s *Server) apiServiceLogout(c echo.Context, call apiCall) error {
	how, err := s.manager.LogoutDevice(c.Request().Context(), call.snap.ID)
	if err != nil {
		return err
	}
	if how != session.UnlinkNotLinked || call.snap.Desired {
		s.noteCall(c, call, audit.DeviceLogout)
	}
	type results struct {
		Message  string `json:"message"`
		Unlinked string `json:"unlinked"`
	}
	switch how {
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
