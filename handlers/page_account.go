package handlers

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
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
	ctx, v := c.Request().Context(), visitorOf(c)
	page := views.AccountPage{Page: s.page(c), Zone: views.ZoneChoice{Chosen: v.chosenZone, Now: v.zone.at(time.Now())}}
	page.Path = "/account"
	if code != "" {
		page.Problems = map[string]string{field: page.Lang.Invalid(code)}
		page.Zone.Problem = page.Problems["zone"]
	}
	var err error
	if page.Factor.On, err = s.store.HasTOTP(ctx, v.user.ID); err != nil {
		return err
	}
	if page.Factor.Recovery, err = s.store.RecoveryCodesLeft(ctx, v.user.ID); err != nil {
		return err
	}
	page.Passkeys.Possible = s.passkeysPossible(c)
	keys, err := s.store.Passkeys(ctx, v.user.ID)
	if err != nil {
		return err
	}
	for _, k := range keys {
		page.Passkeys.List = append(page.Passkeys.List, views.AccountPasskey{
			ID: k.ID, Name: k.Name, Created: v.zone.at(k.CreatedAt), LastUsed: v.zone.atPtr(k.LastUsedAt),
		})
	}
	if page.Logins, err = s.loginsOf(c, v.user.ID); err != nil {
		return err
	}
	return s.render(c, status, views.Account(page))
}

// loginsOf is where a user is signed in, this browser first.
func (s *Server) loginsOf(c echo.Context, userID string) ([]views.Login, error) {
	ctx, z := c.Request().Context(), visitorOf(c).zone
	logins, err := s.store.Logins().List(ctx, userID)
	if err != nil {
		return nil, err
	}
	current, err := s.store.Logins().ID(ctx, visitorOf(c).token)
	if err != nil {
		return nil, err
	}
	shown := make([]views.Login, 0, len(logins))
	for _, l := range logins {
		shown = append(shown, views.Login{
			ID: l.ID, Current: l.ID == current, Agent: l.UserAgent, Address: l.Address,
			Since: z.at(l.CreatedAt), Seen: z.at(l.SeenAt),
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
	user := visitorOf(c).user
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
	if err := s.renewLogin(c); err != nil {
		return err
	}
	s.trail.Note(c, byUser(c, audit.PasswordChange, "", ""))
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
	v := visitorOf(c)
	try, wait := s.ownDoors.Attempt(s.now(), ownDoor("login", v.token))
	if wait > 0 {
		web.SetRetryAfter(c, wait)
		return codeSlow, nil
	}
	_, err = s.store.Authenticate(c.Request().Context(), v.user.Name, c.FormValue("current"), models.Asker{})
	if errors.Is(err, models.ErrNotFound) {
		s.trail.Note(c, byUser(c, audit.PasswordRefused, "", ""))
		return "password_wrong", nil
	}
	if err != nil {
		try.Undo()
		return "", err
	}
	try.Succeeded()
	return "", s.leaveProof(c)
}

// renewLogin ends the user's logins and their streams, and opens a new one in this
// browser: what somebody may do, or proves it with, has changed. It proves nothing by
// itself.
func (s *Server) renewLogin(c echo.Context) error {
	v, proven := visitorOf(c), s.provenAt(c)
	if err := s.endUser(c, v.user.ID); err != nil {
		return err
	}
	return s.signIn(c, *v.user, proven)
}

// endUser ends all logins of a user, and their streams.
func (s *Server) endUser(c echo.Context, userID string) error {
	if err := s.store.Logins().EndUser(c.Request().Context(), userID); err != nil {
		return err
	}
	s.streams.EndAllOf(live.ByLogin, userID)
	return nil
}

// endOwnLogin ends one of the user's logins.
func (s *Server) endOwnLogin(c echo.Context) error {
	user := visitorOf(c).user
	if err := s.endOneLogin(c, user.ID, c.Param("login")); err != nil {
		return err
	}
	s.trail.Note(c, byUser(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginEnded, "")
}

// endOneLogin ends a login. Streams do not know the login's ID, so all of that user
// end; those whose login is valid come back at once.
func (s *Server) endOneLogin(c echo.Context, userID, loginID string) error {
	if err := s.store.Logins().End(c.Request().Context(), userID, loginID); err != nil {
		return err
	}
	s.streams.EndAllOf(live.ByLogin, userID)
	return nil
}

// endOtherLogins ends the user's logins but this one.
func (s *Server) endOtherLogins(c echo.Context) error {
	user := visitorOf(c).user
	if err := s.renewLogin(c); err != nil {
		return err
	}
	s.trail.Note(c, byUser(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginsEnded, "")
}

// accountDone goes back to the account with a word that it is done.
func (s *Server) accountDone(c echo.Context, notice views.Notice, name string) error {
	s.setFlash(c, notice, name)
	return c.Redirect(http.StatusSeeOther, "/account")
}
