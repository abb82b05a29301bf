package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// passwordStep is somebody who has proved everything and has to choose a new password:
// somebody else knows the present one.
type passwordStep struct {
	UserID     string
	PasswordAt time.Time    // it was set anew since: begin again
	How        audit.Action // the way that led here
}

var passwordPending = pendingStep[passwordStep]{"wadah_new_password"}

// atNewPassword is the user who has to choose a new password; nil when nobody does.
func (s *Pages) atNewPassword(c echo.Context) (user *models.User, how audit.Action, err error) {
	step, _, ok := passwordPending.begun(s, c)
	if !ok {
		return nil, "", nil
	}
	found, err := s.store.User(c.Request().Context(), step.UserID)
	if errors.Is(err, models.ErrNotFound) || err == nil && !(found.PasswordDue && found.PasswordAt.Equal(step.PasswordAt)) {
		return nil, "", nil
	}
	return &found, step.How, err
}

// newPasswordForm asks for a new password.
func (s *Pages) newPasswordForm(c echo.Context) error {
	user, _, err := s.atNewPassword(c)
	if err != nil {
		return err
	}
	if user == nil {
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	return s.renderNewPassword(c, http.StatusOK, user, nil)
}

func (s *Pages) renderNewPassword(c echo.Context, status int, user *models.User, problems map[string]string) error {
	page := signinviews.NewPasswordPage{Page: s.Around(c), Name: user.Name, Next: web.OwnPath(c.FormValue("next"), ""), Problems: problems}
	page.Path = "/signin/password"
	return s.Render(c, status, signinviews.NewPassword(page))
}

// newPasswordSubmit takes the new password and signs in.
func (s *Pages) newPasswordSubmit(c echo.Context) error {
	user, how, err := s.atNewPassword(c)
	if err != nil {
		return err
	}
	if user == nil {
		s.SetProblem(c, "signin_again")
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	refused := func(field, code string) error {
		problems := map[string]string{field: visitor.Of(c).Lang.Invalid(code)}
		return s.renderNewPassword(c, http.StatusUnprocessableEntity, user, problems)
	}
	if c.FormValue("password") != c.FormValue("password2") {
		return refused("password2", "password_mismatch")
	}
	err = s.store.SetPassword(c.Request().Context(), user.ID, c.FormValue("password"))
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return refused("password", invalid.Code)
	}
	if err != nil {
		return err
	}
	passwordPending.end(s, c)
	s.trail.Note(c, audit.Entry(audit.User(user.Name), audit.PasswordChange, "", ""))
	user.PasswordDue = false
	to, err := s.enter(c, *user, how, c.FormValue("next"))
	if err != nil {
		return err
	}
	s.SetFlash(c, views.NoticePasswordChanged, "")
	return c.Redirect(http.StatusSeeOther, to)
}
