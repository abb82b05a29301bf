package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/models"
	"wadah/views"
)

// signInForm asks who somebody is; who is signed in goes on.
func (s *Server) signInForm(c echo.Context) error {
	if sent, err := s.sendToSetup(c); sent || err != nil {
		return err
	}
	next := ownPath(c.QueryParam("next"), "")
	if visitorOf(c).user != nil {
		return c.Redirect(http.StatusSeeOther, ownPath(next, "/devices"))
	}
	return s.render(c, http.StatusOK, views.SignIn(views.SignInPage{Page: s.page(c), Next: next, Passkeys: s.passkeysPossible(c)}))
}

// signInSubmit takes a name and a password, and asks for a code where the account has
// a second factor. A wrong name and a wrong password look the same, take the same time
// and are slowed down alike.
func (s *Server) signInSubmit(c echo.Context) error {
	if sent, err := s.sendToSetup(c); sent || err != nil {
		return err
	}
	ctx, name, now := c.Request().Context(), c.FormValue("name"), time.Now()
	next := ownPath(c.FormValue("next"), "")
	doors := s.doorsOf(c, name)
	if wait := s.throttle.attempt(now, doors...); wait > 0 {
		return s.signInRefused(c, name, next, wait)
	}
	user, err := s.store.Authenticate(ctx, name, c.FormValue("password"))
	if errors.Is(err, models.ErrNotFound) {
		s.auditRefusedSignIn(c, name)
		return s.signInRefused(c, name, next, 0)
	}
	var second bool
	if err == nil {
		second, err = s.store.HasTOTP(ctx, user.ID)
	}
	if err != nil {
		s.throttle.undo(doors...)
		return err
	}
	s.throttle.succeeded(doors...)
	if second {
		return s.askCode(c, user, next)
	}
	if err := s.enter(c, user, "signin"); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, ownPath(next, "/devices"))
}

// enter signs in who has proved everything that the account asks for.
func (s *Server) enter(c echo.Context, user models.User, how string) error {
	if err := s.signIn(c, user); err != nil {
		return err
	}
	s.audit(c, user.Name, how, "", "")
	return nil
}

// auditRefusedSignIn writes down whose account was tried. A name that no account has is
// not written down: it may be a password in the wrong field.
func (s *Server) auditRefusedSignIn(c echo.Context, name string) {
	target := ""
	if user, err := s.store.UserByName(c.Request().Context(), name); err == nil {
		target = user.Name
	}
	s.audit(c, "", "signin.refused", "", target)
}

// signInRefused shows the form again; wait is how long nobody may try.
func (s *Server) signInRefused(c echo.Context, name, next string, wait time.Duration) error {
	page := views.SignInPage{Page: s.page(c), Name: name, Next: next, Passkeys: s.passkeysPossible(c)}
	page.Path = "/signin"
	if wait <= 0 {
		page.Problem = page.Lang.Invalid("signin_failed")
		return s.render(c, http.StatusUnprocessableEntity, views.SignIn(page))
	}
	page.Problem = page.Lang.Invalid("signin_slow")
	setRetryAfter(c, wait)
	return s.render(c, http.StatusTooManyRequests, views.SignIn(page))
}

// signOut ends this browser's login.
func (s *Server) signOut(c echo.Context) error {
	v := visitorOf(c)
	if v.user != nil {
		if err := s.endLogin(c.Request().Context(), v.token); err != nil {
			return err
		}
		s.audit(c, v.user.Name, "signout", "", "")
	}
	s.dropCookie(c, loginCookie)
	s.setFlash(c, views.NoticeSignedOut, "")
	return c.Redirect(http.StatusSeeOther, "/signin")
}
