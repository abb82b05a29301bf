package people

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/panel/signin"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	peopleviews "wadah/views/people"
)

// personPage is one person, for admins.
func (s *Pages) personPage(c echo.Context) error {
	user, err := s.person(c)
	if err != nil {
		return err
	}
	return s.renderPerson(c, http.StatusOK, user, "", "")
}

// person is the user a route is about; ErrNotFound when there is none.
func (s *Pages) person(c echo.Context) (models.User, error) {
	return s.store.User(c.Request().Context(), c.Param("user"))
}

// personElse is person for what nobody may do to the own account.
func (s *Pages) personElse(c echo.Context) (models.User, error) {
	user, err := s.person(c)
	if err == nil && user.ID == visitor.Of(c).User.ID {
		return user, web.ErrForbidden
	}
	return user, err
}

// renderPerson shows the page, with what is wrong at a field.
func (s *Pages) renderPerson(c echo.Context, status int, user models.User, field, code string) error {
	page := peopleviews.PersonPage{Page: s.Around(c)}
	page.Path = "/people/" + user.ID
	if code != "" {
		page.Problems = map[string]string{field: page.Lang.Invalid(code)}
	}
	var err error
	if page.Person, err = s.personView(c, user); err != nil {
		return err
	}
	assigned, err := s.store.AssignedDevices(c.Request().Context(), user.ID)
	if err != nil {
		return err
	}
	for _, snap := range s.devices.Snapshots() {
		page.Devices = append(page.Devices, views.DeviceChoice{ID: snap.ID, Name: snap.Name, Chosen: assigned[snap.ID]})
	}
	if page.Logins, err = signin.LoginsOf(c, s.store, user.ID); err != nil {
		return err
	}
	if page.Known, err = s.knownKeys(c, page.Path, user.ID); err != nil {
		return err
	}
	return s.Render(c, status, peopleviews.PersonShow(page))
}

// changePerson does something to an account and goes back to its page, with what is
// wrong at field when it was refused.
func (s *Pages) changePerson(c echo.Context, user models.User, field string, change func(context.Context) error) (done bool, err error) {
	err = change(c.Request().Context())
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return false, s.renderPerson(c, http.StatusUnprocessableEntity, user, field, invalid.Code)
	}
	return err == nil, err
}

// setRole gives a person another role. Whoever may do other things than before signs
// in anew.
func (s *Pages) setRole(c echo.Context) error {
	user, err := s.person(c)
	if err != nil {
		return err
	}
	role := c.FormValue("role")
	if role == user.Role {
		return s.personDone(c, views.NoticeRoleSaved, user)
	}
	done, err := s.changePerson(c, user, "role", func(ctx context.Context) error {
		return s.store.SetUserRole(ctx, user.ID, role)
	})
	if !done {
		return err
	}
	if err := s.endLinksBeyond(c.Request().Context(), user, role); err != nil {
		return err
	}
	s.auditPerson(c, audit.UserRole, user, user.Role+" → "+role)
	if user.ID == visitor.Of(c).User.ID {
		if err := s.logins.Renew(c); err != nil {
			return err
		}
		s.SetFlash(c, views.NoticeRoleSaved, user.Name)
		return c.Redirect(http.StatusSeeOther, "/account") // people are an admin's
	}
	if err := s.logins.EndAll(c.Request().Context(), user.ID); err != nil {
		return err
	}
	return s.personDone(c, views.NoticeRoleSaved, user)
}

// assignDevices says which devices a person may see. Open streams end, and come back
// with what may be seen now.
func (s *Pages) assignDevices(c echo.Context) error {
	user, err := s.person(c)
	if err != nil {
		return err
	}
	chosen, all := c.Request().PostForm[web.DeviceField], c.FormValue("all") == "yes"
	if all {
		user.AllDevices, err = true, s.store.AssignAllDevices(c.Request().Context(), user.ID)
	} else {
		user.AllDevices, err = false, s.store.AssignDevices(c.Request().Context(), user.ID, chosen)
	}
	if errors.Is(err, models.ErrNotFound) { // one was deleted meanwhile
		return s.renderPerson(c, http.StatusUnprocessableEntity, user, "devices", "device_unknown")
	}
	if err != nil {
		return err
	}
	if err := s.endLinksBeyond(c.Request().Context(), user, user.Role); err != nil {
		return err
	}
	s.logins.EndStreams(user.ID)
	detail := s.deviceNames(chosen)
	if all {
		detail = "all"
	}
	s.auditPerson(c, audit.UserDevices, user, detail)
	return s.personDone(c, views.NoticeAssigned, user)
}

// endLinksBeyond ends the scan links a person made that somebody of this role, with the
// devices the person has now, could not make: none of an admin's or of an operator's who
// sees all, all of a viewer's.
func (s *Pages) endLinksBeyond(ctx context.Context, user models.User, role string) error {
	if role == models.RoleAdmin || role == models.RoleOperator && user.AllDevices {
		return nil
	}
	may := map[string]bool{}
	if role == models.RoleOperator {
		var err error
		if may, err = s.store.AssignedDevices(ctx, user.ID); err != nil {
			return err
		}
	}
	return s.endLinksBy(ctx, user, may)
}

// endLinksBy ends the scan links a person made, but those of the devices in keep, and the
// pages they have open.
func (s *Pages) endLinksBy(ctx context.Context, user models.User, keep map[string]bool) error {
	ended, err := s.store.EndScanLinksBy(ctx, user.Name, keep)
	for _, id := range ended {
		s.streams.End(live.ByLink, id)
	}
	return err
}

// namesShown is how many names of devices an audit entry spells out.
const namesShown = 20

func (s *Pages) deviceNames(ids []string) string {
	text := strconv.Itoa(len(ids))
	for i, id := range ids {
		if i == namesShown {
			return text + ", …"
		}
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		if snap, err := s.devices.Snapshot(id); err == nil {
			text += separator + snap.Name
		}
	}
	return text
}

// resetPassword gives a person a password for the next sign-in, where another one is
// chosen, and ends the logins made with the old.
func (s *Pages) resetPassword(c echo.Context) error {
	user, err := s.personElse(c)
	if err != nil {
		return err
	}
	if c.FormValue("password") != c.FormValue("password2") {
		return s.renderPerson(c, http.StatusUnprocessableEntity, user, "password2", "password_mismatch")
	}
	done, err := s.changePerson(c, user, "password", func(ctx context.Context) error {
		return s.store.ResetPassword(ctx, user.ID, c.FormValue("password"))
	})
	if !done {
		return err
	}
	s.logins.EndStreams(user.ID)
	s.auditPerson(c, audit.UserPassword, user, "")
	return s.personDone(c, views.NoticePasswordReset, user)
}

// removeFactors takes the second factor and passkeys of a person away, who then signs in
// with the password alone.
func (s *Pages) removeFactors(c echo.Context) error {
	user, err := s.personElse(c)
	if err != nil {
		return err
	}
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/people/"+user.ID)
	}
	if err := s.store.RemoveFactors(c.Request().Context(), user.ID); err != nil {
		return err
	}
	if err := s.logins.EndAll(c.Request().Context(), user.ID); err != nil {
		return err
	}
	s.auditPerson(c, audit.UserFactors, user, "")
	return s.personDone(c, views.NoticeFactorsRemoved, user)
}

// endPersonLogins ends all logins of a person.
func (s *Pages) endPersonLogins(c echo.Context) error {
	user, err := s.person(c)
	if err != nil {
		return err
	}
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/people/"+user.ID)
	}
	if user.ID == visitor.Of(c).User.ID { // all but the one that asks
		err = s.logins.Renew(c)
	} else {
		err = s.logins.EndAll(c.Request().Context(), user.ID)
	}
	if err != nil {
		return err
	}
	s.auditPerson(c, audit.UserLogins, user, "")
	return s.personDone(c, views.NoticeLoginsEnded, user)
}

// endPersonLogin ends one login of a person.
func (s *Pages) endPersonLogin(c echo.Context) error {
	user, err := s.person(c)
	if err != nil {
		return err
	}
	if err := s.logins.EndOne(c.Request().Context(), user.ID, c.Param("login")); err != nil {
		return err
	}
	s.auditPerson(c, audit.UserLogins, user, "")
	return s.personDone(c, views.NoticeLoginEnded, user)
}

// deletePerson removes somebody's account with all logins.
func (s *Pages) deletePerson(c echo.Context) error {
	user, err := s.personElse(c)
	if err != nil {
		return err
	}
	if c.FormValue("confirm") != "yes" {
		return c.Redirect(http.StatusSeeOther, "/people/"+user.ID)
	}
	done, err := s.changePerson(c, user, "delete", func(ctx context.Context) error {
		if err := s.store.DeleteUser(ctx, user.ID); err != nil {
			return err
		}
		return s.endLinksBy(ctx, user, nil)
	})
	if !done {
		return err
	}
	s.logins.EndStreams(user.ID)
	s.auditPerson(c, audit.UserDelete, user, user.Role)
	s.SetFlash(c, views.NoticePersonDeleted, user.Name)
	return c.Redirect(http.StatusSeeOther, "/people")
}
