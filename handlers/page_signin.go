package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
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
	return s.render(c, http.StatusOK, views.SignIn(views.SignInPage{Page: s.page(c), Next: next}))
}

// signInSubmit signs somebody in. A wrong name and a wrong password look the same,
// take the same time and are slowed down alike.
func (s *Server) signInSubmit(c echo.Context) error {
	if sent, err := s.sendToSetup(c); sent || err != nil {
		return err
	}
	name, now := c.FormValue("name"), time.Now()
	next := ownPath(c.FormValue("next"), "")
	doors := s.doorsOf(c, name)
	if wait := s.throttle.wait(now, doors...); wait > 0 {
		return s.signInRefused(c, name, next, wait)
	}
	user, err := s.store.Authenticate(c.Request().Context(), name, c.FormValue("password"))
	if errors.Is(err, models.ErrNotFound) {
		s.throttle.failed(now, doors...)
		s.audit(c, "", "signin.refused", "", "")
		return s.signInRefused(c, name, next, 0)
	}
	if err != nil {
		return err
	}
	s.throttle.succeeded(doors...)
	if err := s.signIn(c, user); err != nil {
		return err
	}
	s.audit(c, user.Name, "signin", "", "")
	return c.Redirect(http.StatusSeeOther, ownPath(next, "/devices"))
}

// signInRefused shows the form again; wait is how long nobody may try.
func (s *Server) signInRefused(c echo.Context, name, next string, wait time.Duration) error {
	page := views.SignInPage{Page: s.page(c), Name: name, Next: next}
	page.Path = "/signin"
	if wait <= 0 {
		page.Problem = page.Lang.Invalid("signin_failed")
		return s.render(c, http.StatusUnprocessableEntity, views.SignIn(page))
	}
	page.Problem = page.Lang.Invalid("signin_slow")
	c.Response().Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	return s.render(c, http.StatusTooManyRequests, views.SignIn(page))
}

// doorsOf are the things whose failures count against an attempt to sign in: this
// account from this address, the address, and, gently, so that nobody can lock
// somebody else out, the account. An IPv6 address stands for its /64 network.
func (s *Server) doorsOf(c echo.Context, name string) []door {
	account := strings.ToLower(strings.TrimSpace(name))
	if len(account) > 200 {
		account = account[:200]
	}
	address := "unknown"
	if addr := clientAddr(c.Request(), s.cfg.TrustedProxies); addr.IsValid() {
		address = addr.String()
		if addr.Is6() {
			if net, err := addr.WithZone("").Prefix(64); err == nil {
				address = net.Masked().String()
			}
		}
	}
	return []door{
		{key: "both " + address + " " + account, free: 5, longest: 15 * time.Minute, forgive: true},
		{key: "address " + address, free: 20, longest: 15 * time.Minute},
		{key: "account " + account, free: 20, longest: time.Minute, forgive: true},
	}
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
