package signin

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// codeStep is somebody whose password was right and whose code is still missing.
type codeStep struct {
	UserID     string
	PasswordAt time.Time // the password was changed since: begin again
}

var codePending = pendingStep[codeStep]{"wadah_step"}

// askCode sends somebody whose password was right on to the second step.
func (s *Pages) askCode(c echo.Context, user models.User, next string) error {
	if err := codePending.begin(s, c, codeStep{user.ID, user.PasswordAt}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, stepURL("/signin/code", next))
}

// atCode is the user who stands at the second step; nil when nobody does.
func (s *Pages) atCode(c echo.Context) (*models.User, error) {
	step, _, ok := codePending.begun(s, c)
	if !ok {
		return nil, nil
	}
	user, err := s.store.User(c.Request().Context(), step.UserID)
	if errors.Is(err, models.ErrNotFound) || err == nil && !user.PasswordAt.Equal(step.PasswordAt) {
		return nil, nil
	}
	return &user, err
}

// codeForm asks for a code.
func (s *Pages) codeForm(c echo.Context) error {
	user, err := s.atCode(c)
	if err != nil {
		return err
	}
	if user == nil {
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	return s.renderCode(c, http.StatusOK, "")
}

func (s *Pages) renderCode(c echo.Context, status int, problem string) error {
	page := signinviews.SecondStepPage{
		Page: s.Around(c), Next: web.OwnPath(c.FormValue("next"), ""),
		Recovery: c.FormValue("way") == "recovery", Passkeys: s.passkeysPossible(c),
	}
	page.Path = "/signin/code"
	if problem != "" {
		page.Problem = page.Lang.Invalid(problem)
	}
	return s.Render(c, status, signinviews.SecondStep(page))
}

// codeSubmit signs in a user who knows a code of the app, or a recovery code.
func (s *Pages) codeSubmit(c echo.Context) error {
	user, err := s.atCode(c)
	if err != nil {
		return err
	}
	if user == nil {
		s.SetProblem(c, "signin_again")
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	try, wait := s.attemptCode(c, user)
	if wait > 0 {
		web.SetRetryAfter(c, wait)
		return s.renderCode(c, http.StatusTooManyRequests, codeSlow)
	}
	how, err := s.checkCode(c, user.ID)
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		s.trail.Note(c, audit.Entry(audit.User(""), audit.SignInRefused, "", user.Name))
		return s.renderCode(c, http.StatusUnprocessableEntity, invalid.Code)
	case errors.Is(err, models.ErrNotFound): // the second factor was removed meanwhile
		codePending.end(s, c)
		return c.Redirect(http.StatusSeeOther, "/signin")
	case err != nil:
		try.Undo()
		return err
	}
	try.Succeeded()
	codePending.end(s, c)
	to, err := s.enter(c, *user, how, c.FormValue("next"))
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// attemptCode begins an attempt at the second step, at the door of a browser that the user
// was signed in with before, or at that of all others.
func (s *Pages) attemptCode(c echo.Context, user *models.User) (*limit.Attempt, time.Duration) {
	if browser := s.logins.KnownBrowser(c, user); browser != "" {
		if try, wait := s.guesses.own.Attempt(s.now(), ownDoor("code in browser", browser)); wait == 0 {
			return try, 0
		}
	}
	return s.guesses.own.Attempt(s.now(), ownDoor("code", user.ID))
}

// checkCode accepts a code of the way that was chosen, and says what that is called.
func (s *Pages) checkCode(c echo.Context, userID string) (how audit.Action, err error) {
	ctx, code := c.Request().Context(), c.FormValue("code")
	if c.FormValue("way") != "recovery" {
		return audit.SignIn, s.store.CheckTOTP(ctx, userID, code)
	}
	left, err := s.store.UseRecoveryCode(ctx, userID, code)
	if err == nil {
		s.SetFlash(c, views.NoticeRecoveryUsed, strconv.Itoa(left))
	}
	return audit.SignInRecovery, err
}
