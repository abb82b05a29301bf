package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// firstRun is set-up, which is open while the installation has no user, to whoever holds its
// token.
type firstRun struct {
	token string
	done  atomic.Bool // a user exists; that never changes back
}

// newFirstRun makes it with the given token, or with one of 130 random bits.
func newFirstRun(token string) *firstRun {
	if token == "" {
		token = rand.Text()
	}
	return &firstRun{token: token}
}

// needed reports whether there is no user yet, also when another process made one.
func (f *firstRun) needed(ctx context.Context, store *models.Store) (bool, error) {
	if f.done.Load() {
		return false, nil
	}
	n, err := store.CountUsers(ctx)
	if err != nil {
		return false, err
	}
	if n > 0 {
		f.done.Store(true)
	}
	return n == 0, nil
}

func (f *firstRun) opens(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(f.token)) == 1
}

// SetupURL is the path of the one-time set-up page with its token, to be printed for
// whoever started the program; "" when a user exists.
func (s *Pages) SetupURL(ctx context.Context) (string, error) {
	needed, err := s.first.needed(ctx, s.store)
	if err != nil || !needed {
		return "", err
	}
	return "/setup?token=" + url.QueryEscape(s.first.token), nil
}

// setupForm shows the form that makes the first admin to whoever has the link, and to
// others where to find it.
func (s *Pages) setupForm(c echo.Context) error {
	token := c.QueryParam("token")
	if ok, err := s.setupOpen(c, token); err != nil || !ok {
		return err
	}
	return s.Render(c, http.StatusOK, signinviews.Setup(signinviews.SetupPage{Page: s.Around(c), Token: token}))
}

// setupOpen reports whether set-up may go on with token; when not it has answered.
func (s *Pages) setupOpen(c echo.Context, token string) (bool, error) {
	needed, err := s.first.needed(c.Request().Context(), s.store)
	if err != nil {
		return false, err
	}
	if !needed {
		return false, c.Redirect(http.StatusSeeOther, "/signin")
	}
	if !s.first.opens(token) {
		page := signinviews.SetupNeededPage{Page: s.Around(c), Wrong: token != ""}
		return false, s.Render(c, http.StatusForbidden, signinviews.SetupNeeded(page))
	}
	return true, nil
}

// setupSubmit makes the first admin and signs that person in.
func (s *Pages) setupSubmit(c echo.Context) error {
	token := c.FormValue("token")
	if ok, err := s.setupOpen(c, token); err != nil || !ok {
		return err
	}
	name, password := c.FormValue("name"), c.FormValue("password")
	page := signinviews.SetupPage{Page: s.Around(c), Token: token, Name: name}
	if password != c.FormValue("password2") {
		page.Problems = map[string]string{"password2": page.Lang.Invalid("password_mismatch")}
		return s.Render(c, http.StatusUnprocessableEntity, signinviews.Setup(page))
	}
	user, err := s.store.CreateFirstAdmin(c.Request().Context(), name, password)
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		page.Problems = map[string]string{invalid.Field: page.Lang.Invalid(invalid.Code)}
		return s.Render(c, http.StatusUnprocessableEntity, signinviews.Setup(page))
	case errors.Is(err, models.ErrConflict): // somebody else was quicker
		return c.Redirect(http.StatusSeeOther, "/signin")
	case err != nil:
		return err
	}
	if err := s.logins.Open(c, user, s.now()); err != nil {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.User(user.Name), audit.SetUp, "", user.Name))
	s.SetFlash(c, views.NoticeWelcome, "")
	return c.Redirect(http.StatusSeeOther, "/devices")
}

// SendToSetup leads to the set-up while there is no user, and reports whether it did.
func (s *Pages) SendToSetup(c echo.Context) (sent bool, err error) {
	needed, err := s.first.needed(c.Request().Context(), s.store)
	if err != nil || !needed {
		return false, err
	}
	return true, c.Redirect(http.StatusSeeOther, "/setup")
}
