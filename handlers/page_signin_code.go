package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/views"
)

// codeCookie names, in the browser, the step between password and code.
const codeCookie = "wadah_step"

// codeStep is somebody whose password was right and whose code is still missing.
type codeStep struct {
	userID     string
	passwordAt time.Time // the password was changed since: begin again
}

// askCode sends somebody whose password was right on to the second step.
func (s *Server) askCode(c echo.Context, user models.User, next string) error {
	token, now := rand.Text(), time.Now()
	s.steps.codes.put(token, now, codeStep{user.ID, user.PasswordAt})
	s.setCookie(c, codeCookie, token, now.Add(stepTime))
	to := "/signin/code"
	if next != "" {
		to += "?next=" + url.QueryEscape(next)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// atCode is who stands at the second step; nil when nobody does.
func (s *Server) atCode(c echo.Context) (*models.User, error) {
	step, ok := s.steps.codes.get(cookieValue(c, codeCookie), time.Now())
	if !ok {
		return nil, nil
	}
	user, err := s.store.User(c.Request().Context(), step.userID)
	if errors.Is(err, models.ErrNotFound) || err == nil && !user.PasswordAt.Equal(step.passwordAt) {
		return nil, nil
	}
	return &user, err
}

// leaveCode ends the second step.
func (s *Server) leaveCode(c echo.Context) {
	s.steps.codes.drop(cookieValue(c, codeCookie))
	s.dropCookie(c, codeCookie)
}

// codeForm asks for a code.
func (s *Server) codeForm(c echo.Context) error {
	user, err := s.atCode(c)
	if err != nil {
		return err
	}
	if user == nil {
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	return s.renderCode(c, http.StatusOK, "")
}

func (s *Server) renderCode(c echo.Context, status int, problem string) error {
	page := views.SecondStepPage{
		Page: s.page(c), Next: ownPath(c.FormValue("next"), ""),
		Recovery: c.FormValue("way") == "recovery", Passkeys: s.passkeysPossible(c),
	}
	page.Path = "/signin/code"
	if problem != "" {
		page.Problem = page.Lang.Invalid(problem)
	}
	return s.render(c, status, views.SecondStep(page))
}

// codeSubmit signs in who knows a code of the app, or a recovery code.
func (s *Server) codeSubmit(c echo.Context) error {
	user, err := s.atCode(c)
	if err != nil {
		return err
	}
	if user == nil {
		s.setProblem(c, "signin_again")
		return c.Redirect(http.StatusSeeOther, "/signin")
	}
	doors := s.codeDoors(c, user.ID)
	if wait := s.throttle.attempt(time.Now(), doors...); wait > 0 {
		setRetryAfter(c, wait)
		return s.renderCode(c, http.StatusTooManyRequests, "signin_slow")
	}
	how, err := s.checkCode(c, user.ID)
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		s.audit(c, "", "signin.refused", "", user.Name)
		return s.renderCode(c, http.StatusUnprocessableEntity, invalid.Code)
	case errors.Is(err, models.ErrNotFound): // the second factor was removed meanwhile
		s.leaveCode(c)
		return c.Redirect(http.StatusSeeOther, "/signin")
	case err != nil:
		s.throttle.undo(doors...)
		return err
	}
	s.throttle.succeeded(doors...)
	s.leaveCode(c)
	if err := s.enter(c, *user, how); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, ownPath(c.FormValue("next"), "/devices"))
}

// checkCode accepts a code of the way that was chosen, and says what that is called.
func (s *Server) checkCode(c echo.Context, userID string) (how string, err error) {
	ctx, code := c.Request().Context(), c.FormValue("code")
	if c.FormValue("way") != "recovery" {
		return "signin", s.store.CheckTOTP(ctx, userID, code)
	}
	left, err := s.store.UseRecoveryCode(ctx, userID, code)
	if err == nil {
		s.setFlash(c, views.NoticeRecoveryUsed, strconv.Itoa(left))
	}
	return "signin.recovery", err
}
