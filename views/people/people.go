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
//	POST /people/invitations           note, role, life, all=yes or device (once for each): the page with a link
//	POST /people/invitations/INVITATION/revoke     303 to /people
//
// data-testid: person-row (data-person), person-link, person-add-open, person-add-name,
// person-add-role, person-add-password, person-add-submit; those of Invite.
type PeoplePage struct {
	views.Page
	People []Person
	Known  KnownKeys
	Invite Invite

	// Name and Role are what was typed; Problems are by "name", "role", "password".
	Name     string
	Role     views.Role
	Problems map[string]string
}

// Invite is the form that makes an invitation, and the open ones.
//
// data-testid: invite-note, invite-role, invite-life, invite-all, invite-device (one for each,
// data-device), invite-devices-search, invite-submit; invitation-row (data-invitation),
// invitation-url, invitation-copy, invitation-revoke.
type Invite struct {
	Open    []Invitation // newest first
	Devices []views.DeviceChoice

	// Note, Role, Life, All and Chosen are what was typed; Problems are by "note", "role",
	// "life", "devices".
	Note     string
	Role     views.Role
	Life     string
	All      bool
	Chosen   []string
	Problems map[string]string

	Made, URL string // the ID and the whole address of the one that was just made
}

// Invitation is an open invitation.
type Invitation struct {
	ID         string
	URL        string // whole address; only of the one that was just made
	Note       string // may be empty
	Role       views.Role
	By         string
	Devices    int // how many; of no meaning for admins and with AllDevices
	AllDevices bool
	ExpiresAt  time.Time
}

// title is whom it is for.
func (i Invitation) title(l views.Lang) string {
	if i.Note != "" {
		return i.Note
	}
	return l.T("invite.anonymous")
}

// lives are the choices of how long an invitation is valid, for time.ParseDuration.
func lives() []string { return []string{"24h", "168h", "720h"} }

// devicesWord says which devices somebody sees.
func devicesWord(l views.Lang, role views.Role, all bool, count int) string {
	switch {
	case role == views.Admin || all:
		return l.T("people.all_devices")
	case count == 0:
		return l.T("people.devices.none")
	case count == 1:
		return l.T("people.devices.one")
	}
	return l.T("people.devices", "Count", count)
}

// picker is a choice of devices, its ids and field names beginning alike.
type picker struct {
	Prefix  string // "invite", "person"
	All     bool
	Devices []views.DeviceChoice
	Problem string
}

// searchedFrom is from how many devices on a picker has a search.
const searchedFrom = 8

// Person is somebody who may use the panel.
type Person struct {
	ID         string
	Name       string
	Role       views.Role
	Devices    int       // how many are assigned; of no meaning for admins and with AllDevices
	AllDevices bool      // sees every device, also those to come
	Factor     bool      // has a second factor by app
	Passkeys   int       // how many
	LastSeen   time.Time // zero: never, or not known
	Created    time.Time
	Self       bool // is who looks at the page
}

// PersonPage is one person, for admins.
//
//	GET  /people/ID
//	POST /people/ID/role               role
//	POST /people/ID/devices            all=yes, or device, once for each that is assigned
//	POST /people/ID/password           password, password2: good for one sign-in; ends that person's logins
//	POST /people/ID/factors            confirm=yes: remove second factor and passkeys
//	POST /people/ID/logins             confirm=yes: end all logins
//	POST /people/ID/logins/LOGIN       end one login
//	POST /people/ID/delete             confirm=yes; 303 to /people
//
// All but delete answer 303 to /people/ID, or the page with Problems by "role",
// "devices", "password", "password2", "delete" and status 422.
//
// data-testid: person-role, person-role-submit, person-all, person-device (one for each, data-device),
// person-devices-search, person-devices-submit, person-password, person-password2, person-password-submit,
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

// life is the chosen validity, or the usual one.
func (i Invite) life() string {
	if i.Life == "" {
		return "168h"
	}
	return i.Life
}
