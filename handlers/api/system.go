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
	"wadah/session/webhook"
)

// systemCall is a request of the system API whose secret has been accepted.
type systemCall struct {
	in   values
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
)

// What the system API takes.
var (
	systemID   = &parameter{name: "id", kind: kindWord}
	systemKey  = &parameter{name: "apiKey", kind: kindWord}
	systemName = &parameter{name: "name", kind: kindText, missing: &web.Failure{
		Status: http.StatusBadRequest, Code: "name_missing",
		Message: "Send the name of the device as name.",
	}}
)

// What editDevice takes of the device's webhook: the family has one for each.
var (
	systemNewName = &parameter{name: "name", kind: kindText}
	familyURL     = &parameter{name: "urlWebhook", kind: kindText, to: 2000}
	familyOn      = &parameter{name: "webhook_status", kind: kindYes}
	familyMedia   = &parameter{name: "webhookmedia_status", kind: kindYes}
)

// systemRoute is one call of the API on the installation.
type systemRoute struct {
	path  string
	takes []*parameter
	do    systemHandler
}

// systemCalls are the calls that programs make on the installation as a whole.
func (s *Calls) systemCalls() []systemRoute {
	device := []*parameter{systemID, systemKey}
	return []systemRoute{
		{"/api/listDevice", nil, s.listDevice},
		{"/api/addDevice", []*parameter{systemName}, s.addDevice},
		{"/api/editDevice", append(device, systemNewName, familyURL, familyOn, familyMedia), s.onDevice(s.editDevice)},
		{"/api/detailDevice", device, s.onDevice(s.detailDevice)},
		{"/api/deleteDevice", device, s.onDevice(s.deleteDevice)},
		{"/api/changeApiKey", device, s.onDevice(s.changeKey)},
	}
}

// systemRoutes are these calls as routes.
func (s *Calls) systemRoutes() []web.Route {
	var list []web.Route
	for _, c := range s.systemCalls() {
		do := s.withSecret(c)
		list = append(list, web.Get(c.path, web.SystemSecret, do), web.Post(c.path, web.SystemSecret, do))
	}
	return list
}

// withSecret lets a call answer whoever knows the system secret.
func (s *Calls) withSecret(route systemRoute) echo.HandlerFunc {
	files := filesOf(route.takes)
	return func(c echo.Context) error {
		in, err := readParams(c.Response(), c.Request(), s.bounds.body, files)
		if err != nil {
			return err
		}
		defer in.discard()
		if err := s.openSystem(c, in); err != nil {
			return orLost(err, c.Request(), in)
		}
		read, err := in.read(route.takes, s.region)
		if err != nil {
			return orLost(err, c.Request(), in)
		}
		return route.do(c, systemCall{in: read})
	}
}

// openSystem checks the system secret of a request. Without one the system API is off.
func (s *Calls) openSystem(c echo.Context, in params) error {
	value, err := credential(c.Request(), in, isSecretName)
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
	return s.spend(systemBudget)
}

// onDevice finds the device a call names, by its ID or by one of its keys.
func (s *Calls) onDevice(next systemHandler) systemHandler {
	return func(c echo.Context, call systemCall) error {
		ctx := c.Request().Context()
		id, key := call.in.text(systemID), call.in.text(systemKey)
		if id == "" && key == "" {
			return errDeviceMissing
		}
		if id == "" {
			opened, err := s.store.OpenKey(ctx, key)
			if err != nil {
				return noDeviceOr(err)
			}
			id = opened.DeviceID
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
	name := call.in.text(systemName)
	snap, _, err := s.devices.AddDevice(c.Request().Context(), name)
	if err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.System, audit.DeviceCreate, snap.ID, snap.Name))
	return writeFamily(c, "Device successfully added", nil)
}

// editDevice gives a device another name, and says where its events go.
func (s *Calls) editDevice(c echo.Context, call systemCall) error {
	hooked := call.in.has(familyURL) || call.in.has(familyOn) || call.in.has(familyMedia)
	if !call.in.has(systemNewName) && !hooked {
		return systemName.missing
	}
	if hooked { // what can be refused comes first
		if err := s.editFamilyHook(c, call); err != nil {
			return err
		}
	}
	if call.in.has(systemNewName) && call.in.text(systemNewName) != call.snap.Name {
		snap, err := s.devices.RenameDevice(c.Request().Context(), call.snap.ID, call.in.text(systemNewName))
		if err != nil {
			return err
		}
		s.trail.Note(c, audit.Entry(audit.System, audit.DeviceRename, snap.ID, snap.Name))
	}
	return writeFamily(c, "Device successfully updated", nil)
}

// editFamilyHook makes or changes the webhook that the family's fields speak of. Its bodies
// are the family's, and name the device by its key, as its receivers are used to.
func (s *Calls) editFamilyHook(c echo.Context, call systemCall) error {
	ctx := c.Request().Context()
	choices := models.EndpointChoices{Format: models.FormatWHAPI, Identify: models.IdentifyKey}
	was, err := s.store.FamilyEndpoint(ctx, call.snap.ID)
	on := true
	switch {
	case err == nil:
		choices, on = was.EndpointChoices, was.State == models.EndpointActive
	case !errors.Is(err, models.ErrNotFound):
		return err
	}
	if call.in.has(familyURL) {
		choices.URL = call.in.text(familyURL)
	}
	if call.in.has(familyOn) {
		on = call.in.yes(familyOn)
	}
	if call.in.has(familyMedia) {
		choices.Files = call.in.yes(familyMedia)
	}
	if choices.URL == "" {
		if !on || !call.in.has(familyOn) {
			return nil // there is none, and none is wanted
		}
		return errWebhookNoURL
	}
	if err := s.hooks.Guard().Choose(&choices, webhook.Wanted(choices)); err != nil {
		return webhookFailure(err)
	}
	if err := s.store.SetFamilyEndpoint(ctx, call.snap.ID, choices, on); err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.System, audit.WebhookEdit, call.snap.ID, call.snap.Name))
	return nil
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
