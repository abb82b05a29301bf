package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/views"
)

// accountPage is a user's own account.
func (s *Server) accountPage(c echo.Context) error {
	return s.render(c, http.StatusOK, views.Account(views.AccountPage{Page: s.page(c)}))
}

// changePassword sets a new password for who knows the old one, and ends that user's
// logins everywhere else.
func (s *Server) changePassword(c echo.Context) error {
	user := visitorOf(c).user
	field, code, err := s.tryPassword(c, user)
	if err != nil {
		return err
	}
	if code != "" {
		page := views.AccountPage{Page: s.page(c)}
		page.Path = "/account"
		page.Problems = map[string]string{field: page.Lang.Invalid(code)}
		return s.render(c, http.StatusUnprocessableEntity, views.Account(page))
	}
	s.streams.endUser(user.ID)
	if err := s.signIn(c, *user); err != nil {
		return err
	}
	s.audit(c, user.Name, "password.change", "", "")
	s.setFlash(c, views.NoticePasswordChanged, "")
	return c.Redirect(http.StatusSeeOther, "/account")
}

// tryPassword changes the password, or says which field is wrong and why.
func (s *Server) tryPassword(c echo.Context, user *models.User) (field, code string, err error) {
	ctx, now, doors := c.Request().Context(), time.Now(), s.doorsOf(c, user.Name)
	if s.throttle.wait(now, doors...) > 0 {
		return "current", "signin_slow", nil
	}
	_, err = s.store.Authenticate(ctx, user.Name, c.FormValue("current"))
	if errors.Is(err, models.ErrNotFound) {
		s.throttle.failed(now, doors...)
		return "current", "password_wrong", nil
	}
	if err != nil {
		return "", "", err
	}
	if c.FormValue("password") != c.FormValue("password2") {
		return "password2", "password_mismatch", nil
	}
	err = s.store.SetPassword(ctx, user.ID, c.FormValue("password"))
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return "password", invalid.Code, nil
	}
	return "", "", err
}
