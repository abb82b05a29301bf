package signin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	signinviews "wadah/views/signin"
)

// confirmPath is where people who are signed in give the password or a passkey again.
const confirmPath = "/confirm"

func confirmURL(next string) string {
	if next == "" {
		return confirmPath
	}
	return confirmPath + "?next=" + url.QueryEscape(next)
}

// confirmForm asks for the password or a passkey and goes on to next.
func (s *Pages) confirmForm(c echo.Context) error {
	next := web.OwnPath(c.QueryParam("next"), "")
	if s.logins.IsProven(c) {
		return c.Redirect(http.StatusSeeOther, web.OwnPath(next, "/devices"))
	}
	return s.renderProof(c, http.StatusOK, signinviews.ProofPage{Action: confirmPath, Next: next}, "")
}

// confirmSubmit takes the password.
func (s *Pages) confirmSubmit(c echo.Context) error {
	next := web.OwnPath(c.FormValue("next"), "")
	code, err := s.prove(c)
	if err != nil {
		return err
	}
	if code != "" {
		return s.renderProof(c, refusedStatus(code), signinviews.ProofPage{Action: confirmPath, Next: next}, code)
	}
	return c.Redirect(http.StatusSeeOther, web.OwnPath(next, "/devices"))
}

// beginPasskeyProof asks the browser for one of the user's passkeys.
func (s *Pages) beginPasskeyProof(c echo.Context) error {
	options, err := s.askPasskey(c)
	if err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, struct {
		Options any `json:"options"`
	}{options})
}

func (s *Pages) askPasskey(c echo.Context) (*protocol.CredentialAssertion, error) {
	party, err := s.relyingParty(c)
	if err != nil {
		return nil, err
	}
	user, err := s.passkeyUser(c.Request().Context(), *visitor.Of(c).User)
	if err != nil {
		return nil, err
	}
	if len(user.keys) == 0 {
		return nil, errPasskeyRefused
	}
	options, ceremony, err := party.BeginLogin(user)
	if err != nil {
		return nil, web.ErrInternal.Because(err)
	}
	return options, proofPending.begin(s, c, newAssertion(c, ceremony))
}

// finishPasskeyProof takes the passkey.
func (s *Pages) finishPasskeyProof(c echo.Context) error {
	begun, at, ok := proofPending.begun(s, c)
	proofPending.end(s, c)
	if !ok {
		return s.ceremonyFailed(c, errCeremonyOver)
	}
	v := visitor.Of(c)
	if err := s.checkOwnPasskey(c, begun.Ceremony, at); err != nil {
		return s.ceremonyFailed(c, s.passkeyRefused(c, v.User.Name, audit.PasswordRefused, err))
	}
	if err := s.logins.LeaveProof(c); err != nil {
		return s.ceremonyFailed(c, err)
	}
	s.trail.Note(c, visitor.Entry(c, audit.LoginConfirm, "", ""))
	return writeCeremony(c, passkeyDone{web.OwnPath(begun.Next, "/devices")})
}

// checkOwnPasskey accepts a passkey of the visitor and of nobody else. Whatever is
// wrong with it is errPasskeyRefused.
func (s *Pages) checkOwnPasskey(c echo.Context, ceremony webauthn.SessionData, at time.Time) error {
	party, err := s.relyingParty(c)
	if err != nil {
		return err
	}
	user, err := s.passkeyUser(c.Request().Context(), *visitor.Of(c).User)
	if err != nil {
		return err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(c.FormValue("credential")))
	if err != nil {
		return refusePasskey(err)
	}
	credential, err := party.ValidateLogin(user, ceremony, answer)
	if err != nil {
		return refusePasskey(err)
	}
	for _, key := range user.keys {
		if string(key.CredentialID) == string(credential.ID) {
			return s.acceptPasskey(c, key.ID, credential, at)
		}
	}
	return refusePasskey(errors.New("nobody knows this passkey"))
}
