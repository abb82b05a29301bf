package signin

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/qr"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
	signinviews "wadah/views/signin"
)

// totpIssuer is what authenticator apps call the account.
const totpIssuer = "Wadah"

// beginTOTP begins to enrol an authenticator app, for a visitor who proves the password.
func (s *Account) beginTOTP(c echo.Context) error {
	if code, err := s.provePassword(c); err != nil {
		return err
	} else if code != "" {
		return s.accountRefused(c, "totp", code)
	}
	v := visitor.Of(c)
	enrolment, err := s.store.EnrolTOTP(c.Request().Context(), v.User.ID, totpIssuer)
	if errors.Is(err, models.ErrConflict) { // in another tab, or twice
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	if err != nil {
		return err
	}
	s.enrolments.Put(v.Token, time.Now(), enrolment)
	return c.Redirect(http.StatusSeeOther, "/account/totp")
}

// enrolTOTP shows the secret for the app, as a QR code and to type.
func (s *Account) enrolTOTP(c echo.Context) error {
	enrolment, ok := s.enrolments.Get(visitor.Of(c).Token, time.Now())
	if !ok {
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	return s.renderEnrolment(c, http.StatusOK, enrolment, "")
}

func (s *Account) renderEnrolment(c echo.Context, status int, enrolment models.TOTPEnrolment, problem string) error {
	img, err := qr.Draw(enrolment.URL)
	if err != nil {
		return err
	}
	page := signinviews.TOTPPage{Page: s.Around(c), QR: img.URI, Secret: enrolment.Secret}
	page.Path = "/account/totp"
	if problem != "" {
		page.Problem = page.Lang.Invalid(problem)
	}
	return s.Render(c, status, signinviews.TOTPEnrol(page))
}

// confirmTOTP completes the enrolment with a code of the app, and shows the recovery
// codes this once.
func (s *Account) confirmTOTP(c echo.Context) error {
	v, now := visitor.Of(c), time.Now()
	enrolment, ok := s.enrolments.Get(v.Token, now)
	if !ok {
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	try, wait := s.guesses.own.Attempt(s.now(), ownDoor("enrolment", v.Token))
	if wait > 0 {
		web.SetRetryAfter(c, wait)
		return s.renderEnrolment(c, http.StatusTooManyRequests, enrolment, codeSlow)
	}
	codes, err := s.store.ConfirmTOTP(c.Request().Context(), v.User.ID, c.FormValue("code"))
	var invalid *models.Invalid
	switch {
	case errors.As(err, &invalid):
		return s.renderEnrolment(c, http.StatusUnprocessableEntity, enrolment, invalid.Code)
	case errors.Is(err, models.ErrNotFound): // completed or begun anew elsewhere
		try.Undo()
		s.enrolments.Drop(v.Token)
		return c.Redirect(http.StatusSeeOther, "/account")
	case err != nil:
		try.Undo()
		return err
	}
	try.Succeeded()
	s.enrolments.Drop(v.Token)
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.TOTPEnable, "", v.User.Name))
	return s.renderRecovery(c, codes)
}

func (s *Account) renderRecovery(c echo.Context, codes []string) error {
	page := signinviews.RecoveryPage{Page: s.Around(c), Codes: codes}
	page.Path = "/account"
	return s.Render(c, http.StatusOK, signinviews.RecoveryCodes(page))
}

// newRecoveryCodes replaces the recovery codes, for a visitor who proves the password.
func (s *Account) newRecoveryCodes(c echo.Context) error {
	if code, err := s.provePassword(c); err != nil {
		return err
	} else if code != "" {
		return s.accountRefused(c, "totp", code)
	}
	user := visitor.Of(c).User
	codes, err := s.store.NewRecoveryCodes(c.Request().Context(), user.ID)
	if errors.Is(err, models.ErrNotFound) { // removed in another tab
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	if err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.RecoveryCreate, "", user.Name))
	return s.renderRecovery(c, codes)
}

// removeTOTP ends the second factor, for a visitor who proves the password.
func (s *Account) removeTOTP(c echo.Context) error {
	if code, err := s.provePassword(c); err != nil {
		return err
	} else if code != "" {
		return s.accountRefused(c, "totp", code)
	}
	user := visitor.Of(c).User
	if err := s.store.RemoveTOTP(c.Request().Context(), user.ID); err != nil {
		return err
	}
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.TOTPRemove, "", user.Name))
	return s.accountDone(c, views.NoticeTOTPOff, "")
}
