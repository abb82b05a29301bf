package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

// systemCall is a request of the system API whose secret has been accepted.
type systemCall struct {
	in   params
	snap session.Snapshot // the device it names; zero for calls that name none
}

// systemHandler answers a call on the installation.
type systemHandler func(c echo.Context, call systemCall) error

// systemBudget is the system API's name among the keys whose rate is limited.
const systemBudget = "system"

// Failures of the system API.
var (
	errSystemOff = &web.Failure{
		Status: http.StatusNotFound, Code: "system_api_off",
		Message: "The system API is off. An admin turns it on in the panel under Settings by creating a system secret.",
	}
	errBadSecret = &web.Failure{
		Status: http.StatusUnauthorized, Code: "unauthorized",
		Message: "No valid system secret. Send it as secret (form, JSON or query), as X-Api-Key, or as Authorization: Bearer.",
	}
	errTwoSecrets = &web.Failure{
		Status: http.StatusBadRequest, Code: "two_secrets",
		Message: "The request carries two different secrets. Send exactly one, in one place.",
	}
	errDeviceMissing = &web.Failure{
		Status: http.StatusBadRequest, Code: "device_missing",
		Message: "Say which device: send its id as listDevice tells it, or its apiKey.",
	}
	errNameMissing = &web.Failure{
		Status: http.StatusBadRequest, Code: "name_missing",
		Message: "Send the name of the device as name.",
	}
)

// systemRoutes are the calls that programs make on the installation as a whole.
func (s *Calls) systemRoutes() []web.Route {
	calls := []struct {
		path string
		do   echo.HandlerFunc
	}{
		{"/api/listDevice", s.withSecret(s.listDevice)},
		{"/api/addDevice", s.withSecret(s.addDevice)},
		{"/api/editDevice", s.withSecret(s.onDevice(s.editDevice))},
		{"/api/detailDevice", s.withSecret(s.onDevice(s.detailDevice))},
		{"/api/deleteDevice", s.withSecret(s.onDevice(s.deleteDevice))},
		{"/api/changeApiKey", s.withSecret(s.onDevice(s.changeKey))},
	}
	var list []web.Route
	for _, c := range calls {
		list = append(list, web.Get(c.path, web.SystemSecret, c.do), web.Post(c.path, web.SystemSecret, c.do))
	}
	return list
}

// withSecret lets next answer whoever knows the system secret. Without one the system API
// is off.
func (s *Calls) withSecret(next systemHandler) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := readParams(c.Response(), c.Request(), s.bounds.body)
		if err != nil {
			return err
		}
		value, err := credential(c.Request(), in, "secret")
		if err != nil {
			return errTwoSecrets
		}
		valid, exists, err := s.store.CheckSystemSecret(c.Request().Context(), value)
		if err != nil {
			return fmt.Errorf("check the system secret: %w", err)
		}
		if !exists {
			return errSystemOff
		}
		if !valid {
			if err := s.trail.Seldom(c, audit.Entry(audit.System, audit.SystemRefused, "", "")); err != nil {
				return err
			}
			return errBadSecret
		}
		web.Recognised(c)
		if err := s.spend(systemBudget); err != nil {
			return err
		}
		return next(c, systemCall{in: in})
	}
}

// onDevice finds the device a call names, by its ID or by one of its keys.
func (s *Calls) onDevice(next systemHandler) systemHandler {
	return func(c echo.Context, call systemCall) error {
		ctx := c.Request().Context()
		id, key := call.in.word("id"), call.in.word("apiKey")
		if id == "" && key == "" {
			return errDeviceMissing
		}
		if id == "" {
			var err error
			if id, _, err = s.store.DeviceIDByKey(ctx, key); err != nil {
				return noDeviceOr(err)
			}
		}
		snap, err := s.devices.Find(ctx, id)
		if err != nil {
			return err
		}
		call.snap = snap
		return next(c, call)
	}
}

func noDeviceOr(err error) error {
	if errors.Is(err, models.ErrNotFound) {
		return session.ErrNoDevice
	}
	return err
}

// listDevice lists every device with its key and state.
func (s *Calls) listDevice(c echo.Context, _ systemCall) error {
	ctx := c.Request().Context()
	if err := s.devices.Sync(ctx); err != nil {
		return err
	}
	if err := s.trail.Seldom(c, audit.Entry(audit.System, audit.SystemListDevices, "", "")); err != nil {
		return err // no trace, no keys
	}
	devices := []familyDevice{}
	for _, snap := range s.devices.Snapshots() {
		d, err := s.familyDevice(ctx, snap)
		if err != nil {
			return err
		}
		devices = append(devices, d)
	}
	if err := s.noteFamilyViews(ctx, devices...); err != nil {
		return err
	}
	return writeFamily(c, "", devices)
}

// detailDevice describes one device.
func (s *Calls) detailDevice(c echo.Context, call systemCall) error {
	err := s.trail.Seldom(c, audit.Entry(audit.System, audit.SystemDetailDevice, call.snap.ID, call.snap.Name))
	if err != nil {
		return err
	}
	d, err := s.familyDevice(c.Request().Context(), call.snap)
	if err != nil {
		return err
	}
	if err := s.noteFamilyViews(c.Request().Context(), d); err != nil {
		return err
	}
	return writeFamily(c, "", d)
}

// addDevice makes a device. As in the family, the answer does not tell its key:
// listDevice does.
func (s *Calls) addDevice(c echo.Context, call systemCall) error {
	name := call.in.get("name")
	if name == "" {
		return errNameMissing
	}
	snap, _, err := s.devices.AddDevice(c.Request().Context(), name)
	if err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.System, audit.DeviceCreate, snap.ID, snap.Name))
	return writeFamily(c, "Device successfully added", nil)
}

// editDevice gives a device another name.
func (s *Calls) editDevice(c echo.Context, call systemCall) error {
	name := call.in.get("name")
	if name == "" {
		return errNameMissing
	}
	snap, err := s.devices.RenameDevice(c.Request().Context(), call.snap.ID, name)
	if err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.System, audit.DeviceRename, snap.ID, snap.Name))
	return writeFamily(c, "Device successfully updated", nil)
}

// deleteDevice removes a device with its keys and its link.
func (s *Calls) deleteDevice(c echo.Context, call systemCall) error {
	if _, err := s.devices.DeleteDevice(c.Request().Context(), call.snap.ID); err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.System, audit.DeviceDelete, call.snap.ID, call.snap.Name))
	return writeFamily(c, "Device successfully deleted", nil)
}

// changeKey gives a device a new key and revokes all its others at once. The answer
// carries the device with the new key.
func (s *Calls) changeKey(c echo.Context, call systemCall) error {
	ctx := c.Request().Context()
	key, err := s.store.ReplaceKeys(ctx, call.snap.ID, "main")
	if err != nil {
		return err
	}
	s.streams.EndAllOf(live.ByKey, call.snap.ID)
	s.trail.Note(c, audit.Entry(audit.System, audit.KeyReplace, call.snap.ID, key.Name))
	d, err := s.familyDevice(ctx, call.snap)
	if err != nil {
		return err
	}
	if err := s.noteFamilyViews(ctx, d); err != nil {
		return err
	}
	return writeFamily(c, "API key successfully changed", d)
}
