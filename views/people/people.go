package people

import (
	"net/url"
	"time"

	"wadah/views"
)

// PeoplePage lists who may use the panel, for admins.
//
//	GET  /people                       the list
//	POST /people                       name, role, password: add somebody; 303 to /people/ID
//
// data-testid: person-row (data-person), person-link, person-add-name, person-add-role,
// person-add-password, person-add-submit.
type PeoplePage struct {
	views.Page
	People []Person
	Known  KnownKeys

	// Name and Role are what was typed; Problems are by "name", "role", "password".
	Name     string
	Role     views.Role
	Problems map[string]string
}

// Person is somebody who may use the panel.
type Person struct {
	ID       string
	Name     string
	Role     views.Role
	Devices  int       // how many are assigned; of no meaning for admins
	Factor   bool      // has a second factor by app
	Passkeys int       // how many
	LastSeen time.Time // zero: never, or not known
	Created  time.Time
	Self     bool // is who looks at the page
}

// PersonPage is one person, for admins.
//
//	GET  /people/ID
//	POST /people/ID/role               role
//	POST /people/ID/devices            device, once for each that is assigned
//	POST /people/ID/password           password, password2: good for one sign-in; ends that person's logins
//	POST /people/ID/factors            confirm=yes: remove second factor and passkeys
//	POST /people/ID/logins             confirm=yes: end all logins
//	POST /people/ID/logins/LOGIN       end one login
//	POST /people/ID/delete             confirm=yes; 303 to /people
//
// All but delete answer 303 to /people/ID, or the page with Problems by "role",
// "devices", "password", "password2", "delete" and status 422.
//
// data-testid: person-role, person-role-submit, person-device (one for each, data-device),
// person-devices-submit, person-password, person-password2, person-password-submit,
// person-factors-open, person-factors-submit, login-row, login-end, person-logins-end,
// person-delete-open, person-delete-submit.
type PersonPage struct {
	views.Page
	Person   Person
	Devices  []views.DeviceChoice
	Logins   []views.Login
	Known    KnownKeys
	Problems map[string]string
}

// path is the URL of the person's page or of an action on it.
func (p Person) path(action string) string {
	path := "/people/" + url.PathEscape(p.ID)
	if action != "" {
		path += "/" + action
	}
	return path
}

func roleOptions(l views.Lang, chosen views.Role) []views.Option {
	if chosen == "" {
		chosen = views.Viewer
	}
	return []views.Option{
		{Value: string(views.Viewer), Label: l.T("role.viewer"), Chosen: chosen == views.Viewer},
		{Value: string(views.Operator), Label: l.T("role.operator"), Chosen: chosen == views.Operator},
		{Value: string(views.Admin), Label: l.T("role.admin"), Chosen: chosen == views.Admin},
	}
}
