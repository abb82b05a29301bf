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

// form asks who somebody is; somebody who is signed in goes on.
func (s *Pages) form(c echo.Context) error {
	if sent, err := s.SendToSetup(c); sent || err != nil {
		return err
	}
	next := web.OwnPath(c.QueryParam("next"), "")
	if visitor.Of(c).User != nil {
		return c.Redirect(http.StatusSeeOther, web.OwnPath(next, "/devices"))
	}
	return s.Render(c, http.StatusOK, signinviews.SignIn(s.signInPage(c, "", next)))
}

func (s *Pages) signInPage(c echo.Context, name, next string) signinviews.SignInPage {
	return signinviews.SignInPage{
		Page: s.Around(c), Name: name, Next: next, Passkeys: s.passkeysPossible(c), Elsewhere: s.LosesLogins(c.Request()),
	}
}

// submit takes a name and a password, and asks for a code where the account has
// a second factor. A wrong name and a wrong password look the same, take the same time
// and are slowed down alike.
func (s *Pages) submit(c echo.Context) error {
	if sent, err := s.SendToSetup(c); sent || err != nil {
		return err
	}
	name, next := c.FormValue("name"), web.OwnPath(c.FormValue("next"), "")
	user, wait, err := s.checkSignIn(c, name)
	switch {
	case wait > 0:
		return s.signInRefused(c, name, next, refusedSignIn{http.StatusTooManyRequests, codeSlow, wait})
	case errors.Is(err, models.ErrNotFound):
		s.auditRefusedSignIn(c, name)
		return s.signInRefused(c, name, next, refusedSignIn{http.StatusUnprocessableEntity, "signin_failed", 0})
	case errors.Is(err, models.ErrBusy):
		return s.signInRefused(c, name, next, refusedSignIn{http.StatusServiceUnavailable, "signin_busy", web.BusyWait})
	case err != nil:
		return err
	}
	second, err := s.store.HasTOTP(c.Request().Context(), user.ID)
	if err != nil {
		return err
	}
	if second {
		return s.askCode(c, user, next)
	}
	to, err := s.enter(c, user, audit.SignIn, next)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// checkSignIn finds out whose name and password were given; wait is how long nobody may
// try.
func (s *Pages) checkSignIn(c echo.Context, name string) (user models.User, wait time.Duration, err error) {
	ctx := c.Request().Context()
	var meant *models.User
	if found, err := s.store.UserByName(ctx, name); err == nil {
		meant = &found
	} else if !errors.Is(err, models.ErrNotFound) {
		return user, 0, err
	}
	try, by, wait := s.attemptAs(c, meant, name)
	if wait > 0 {
		return user, wait, nil
	}
	user, err = s.store.Authenticate(ctx, name, c.FormValue("password"), by)
	switch {
	case err == nil:
		try.Succeeded()
	case !errors.Is(err, models.ErrNotFound):
		try.Undo()
	}
	return user, 0, err
}

// auditRefusedSignIn writes down whose account was tried. A name that no account has is
// not written down: it may be a password in the wrong field.
func (s *Pages) auditRefusedSignIn(c echo.Context, name string) {
	target := ""
	if user, err := s.store.UserByName(c.Request().Context(), name); err == nil {
		target = user.Name
	}
	s.trail.Note(c, audit.Entry(audit.User(""), audit.SignInRefused, "", target))
}

// refusedSignIn is why nobody is signed in, for the form that is shown again.
type refusedSignIn struct {
	status int
	code   string
	wait   time.Duration // until the next attempt may be made
}

// signInRefused shows the form again.
func (s *Pages) signInRefused(c echo.Context, name, next string, why refusedSignIn) error {
	page := s.signInPage(c, name, next)
	page.Path, page.Problem = "/signin", page.Lang.Invalid(why.code)
	if why.wait > 0 {
		web.SetRetryAfter(c, why.wait)
	}
	return s.Render(c, why.status, signinviews.SignIn(page))
}

// signOut ends this browser's login.
func (s *Pages) signOut(c echo.Context) error {
	v := visitor.Of(c)
	if err := s.logins.Close(c); err != nil {
		return err
	}
	if v.User != nil {
		s.trail.Note(c, visitor.Entry(c, audit.SignOut, "", ""))
	}
	s.SetFlash(c, views.NoticeSignedOut, "")
	return c.Redirect(http.StatusSeeOther, "/signin")
}
