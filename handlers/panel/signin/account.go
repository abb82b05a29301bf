package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/visitor"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// Account is the pages of one's own account: password, factors, passkeys, logins, choices.
type Account struct {
	*Pages
	zones *visitor.Zones
	// What somebody has begun, by the token of the login.
	enrolments    *limit.Map[string, models.TOTPEnrolment]
	registrations *limit.Map[string, registration]
}

// NewAccount makes the pages.
func NewAccount(s *Pages, zones *visitor.Zones) *Account {
	return &Account{
		Pages: s, zones: zones,
		enrolments: limit.NewMap[string, models.TOTPEnrolment](stepsSize, stepTime), registrations: limit.NewMap[string, registration](stepsSize, stepTime),
	}
}

// accountPage is a user's own account.
func (s *Account) accountPage(c echo.Context) error {
	return s.renderAccount(c, http.StatusOK, "", "")
}

// accountRefused shows the account again with what is wrong at a field.
func (s *Account) accountRefused(c echo.Context, field, code string) error {
	return s.renderAccount(c, refusedStatus(code), field, code)
}

func (s *Account) renderAccount(c echo.Context, status int, field, code string) error {
	ctx, v := c.Request().Context(), visitor.Of(c)
	page := signinviews.AccountPage{Page: s.Around(c), Zone: views.ZoneChoice{Chosen: v.ChosenZone, Now: v.Zone.At(time.Now())}}
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
		page.Passkeys.List = append(page.Passkeys.List, signinviews.AccountPasskey{
			ID: k.ID, Name: k.Name, Created: v.Zone.At(k.CreatedAt), LastUsed: v.Zone.AtPtr(k.LastUsedAt),
		})
	}
	if page.Logins, err = LoginsOf(c, s.store, v.User.ID); err != nil {
		return err
	}
	return s.Render(c, status, signinviews.Account(page))
}

// changePassword sets a new password for a visitor who knows the old one, and ends that user's
// logins everywhere else.
func (s *Account) changePassword(c echo.Context) error {
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

// endOwnLogin ends one of the user's logins.
func (s *Account) endOwnLogin(c echo.Context) error {
	user := visitor.Of(c).User
	if err := s.logins.EndOne(c.Request().Context(), user.ID, c.Param("login")); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginEnded, "")
}

// endOtherLogins ends the user's logins but this one.
func (s *Account) endOtherLogins(c echo.Context) error {
	user := visitor.Of(c).User
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginEnd, "", user.Name))
	return s.accountDone(c, views.NoticeLoginsEnded, "")
}

// accountDone goes back to the account with a word that it is done.
func (s *Account) accountDone(c echo.Context, notice views.Notice, name string) error {
	s.SetFlash(c, notice, name)
	return c.Redirect(http.StatusSeeOther, "/account")
}
