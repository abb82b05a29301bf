package handlers

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

// accountPage is a user's own account.
func (s *Server) accountPage(c echo.Context) error {
	return s.renderAccount(c, http.StatusOK, "", "")
}

// accountRefused shows the account again with what is wrong at a field.
func (s *Server) accountRefused(c echo.Context, field, code string) error {
	return s.renderAccount(c, refusedStatus(code), field, code)
}

func (s *Server) renderAccount(c echo.Context, status int, field, code string) error {
	ctx, v := c.Request().Context(), visitor.Of(c)
	page := views.AccountPage{Page: s.Around(c), Zone: views.ZoneChoice{Chosen: v.ChosenZone, Now: v.Zone.At(time.Now())}}
	page.Path = "/account"
	if code != "" {
		page.Problems = map[string]string{field: page.Lang.Invalid(code)}
		page.Zone.Problem = page.Problems["zone"]
	}
	var err error
	if page.Factor.On, err = s.store.HasTOTP(ctx, v.User.ID); err != nil {
		return err
	}
	if page.Factor.Recovery, err = s.store.RecoveryCodesLeft(ctx, v.User.ID); err != nil {
		return err
	}
	page.Passkeys.Possible = s.passkeysPossible(c)
	keys, err := s.store.Passkeys(ctx, v.User.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		page.Passkeys.List = append(page.Passkeys.List, views.AccountPasskey{
			ID: k.ID, Name: k.Name, Created: v.Zone.At(k.CreatedAt), LastUsed: v.Zone.AtPtr(k.LastUsedAt),
		})
	}
	if page.Logins, err = s.loginsOf(c, v.User.ID); err != nil {
		return err
	}
	return s.Render(c, status, views.Account(page))
}

// loginsOf is where a user is signed in, this browser first.
func (s *Server) loginsOf(c echo.Context, userID string) ([]views.Login, error) {
	ctx, z := c.Request().Context(), visitor.Of(c).Zone
	logins, err := s.store.Logins().List(ctx, userID)
	if err != nil {
		return nil, err
	}
	current, err := s.store.Logins().ID(ctx, visitor.Of(c).Token)
	if err != nil {
		return nil, err
	}
	shown := make([]views.Login, 0, len(logins))
	for _, l := range logins {
		shown = append(shown, views.Login{
			ID: l.ID, Current: l.ID == current, Agent: l.UserAgent, Address: l.Address,
			Since: z.At(l.CreatedAt), Seen: z.At(l.SeenAt),
		})
	}
	slices.SortStableFunc(shown, func(a, b views.Login) int {
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return 0
	})
	return shown, nil
}

// changePassword sets a new password for who knows the old one, and ends that user's
// logins everywhere else.
func (s *Server) changePassword(c echo.Context) error {
	user := visitor.Of(c).User
	if code, err := s.provePassword(c); err != nil {
		return err
	} else if code != "" {
		return s.accountRefused(c, "current", code)
	}
	if c.FormValue("password") != c.FormValue("password2") {
		return s.accountRefused(c, "password2", "password_mismatch")
	}
	err := s.store.SetPassword(c.Request().Context(), user.ID, c.FormValue("password"))
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return s.accountRefused(c, "password", invalid.Code)
	}
	if err != nil {
		return err
	}
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.PasswordChange, "", ""))
	return s.accountDone(c, views.NoticePasswordChanged, "")
}

// codeSlow says that there were too many attempts.
const codeSlow = "signin_slow"

// refusedStatus is the status of a refusal with this code.
func refusedStatus(code string) int {
	if code == codeSlow {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// provePassword asks who is signed in for the password once more, in the field
// "current", before something that would let a thief of the login stay. The code is
// "" when it was right.
func (s *Server) provePassword(c echo.Context) (code string, err error) {
	v := visitor.Of(c)
	try, wait := s.ownDoors.Attempt(s.now(), ownDoor("login", v.Token))
	if wait > 0 {
		web.SetRetryAfter(c, wait)
		return codeSlow, nil
	}
	_, err = s.store.Authenticate(c.Request().Context(), v.User.Name, c.FormValue("current"), models.Asker{})
	if errors.Is(err, models.ErrNotFound) {
		s.trail.Note(c, visitor.Entry(c, audit.PasswordRefused, "", ""))
		return "password_wrong", nil
	}
	if err != nil {
		try.Undo()
		return "", err
	}
	try.Succeeded()
	return "", s.logins.LeaveProof(c)
}

// endOwnLogin ends one of the user's logins.
func (s *Server) endOwnLogin(c echo.Context) error {
	user := visitor.Of(c).User
	if err := s.logins.EndOne(c.Request().Context(), user.ID, c.Param("login")); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginEnded, "")
}

// endOtherLogins ends the user's logins but this one.
func (s *Server) endOtherLogins(c echo.Context) error {
	user := visitor.Of(c).User
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginsEnded, "")
}

// accountDone goes back to the account with a word that it is done.
func (s *Server) accountDone(c echo.Context, notice views.Notice, name string) error {
	s.SetFlash(c, notice, name)
	return c.Redirect(http.StatusSeeOther, "/account")
}
