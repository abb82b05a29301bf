package signin

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// invitationForm asks whoever holds an invitation for a name and a password.
func (s *Pages) invitationForm(c echo.Context) error {
	open, err := s.store.InvitationByToken(c.Request().Context(), c.Param("token"))
	if errors.Is(err, models.ErrNotFound) {
		return s.invitationOver(c)
	}
	if err != nil {
		return err
	}
	web.Recognised(c)
	return s.Render(c, http.StatusOK, signinviews.Invited(s.invitedPage(c, open)))
}

func (s *Pages) invitedPage(c echo.Context, open models.Invitation) signinviews.InvitedPage {
	page := signinviews.InvitedPage{Page: s.Around(c), Token: c.Param("token"), Role: views.Role(open.Role)}
	page.Path = "/invite/" + page.Token
	return page
}

// invitationOver tells that the link opens nothing any more, or never did.
func (s *Pages) invitationOver(c echo.Context) error {
	page := signinviews.InvitationOverPage{Page: s.Around(c)}
	page.Path = "/signin"
	return s.Render(c, http.StatusGone, signinviews.InvitationOver(page))
}

// acceptInvitation makes the account and signs its owner in.
func (s *Pages) acceptInvitation(c echo.Context) error {
	ctx, token := c.Request().Context(), c.Param("token")
	open, err := s.store.InvitationByToken(ctx, token)
	if errors.Is(err, models.ErrNotFound) {
		return s.invitationOver(c)
	}
	if err != nil {
		return err
	}
	web.Recognised(c)
	name, password := c.FormValue("name"), c.FormValue("password")
	refused := func(field, code string) error {
		page := s.invitedPage(c, open)
		page.Name, page.Problems = name, map[string]string{field: page.Lang.Invalid(code)}
		return s.Render(c, http.StatusUnprocessableEntity, signinviews.Invited(page))
	}
	if password != c.FormValue("password2") {
		return refused("password2", "password_mismatch")
	}
	user, err := s.store.AcceptInvitation(ctx, token, name, password)
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		return refused(invalid.Field, invalid.Code)
	case errors.Is(err, models.ErrNotFound): // somebody else was quicker
		return s.invitationOver(c)
	case err != nil:
		return err
	}
	if err := s.logins.Open(c, user, s.now()); err != nil {
		return err
	}
	e := audit.Entry(audit.User(user.Name), audit.InvitationAccept, "", user.Name)
	e.Detail = user.Role
	s.trail.Note(c, e)
	s.SetFlash(c, views.NoticeInvited, user.Name)
	return c.Redirect(http.StatusSeeOther, "/devices")
}
