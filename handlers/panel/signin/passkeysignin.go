package signin

import (
	"context"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
)

// beginPasskeySignIn asks the browser for a passkey of anybody: whose it is, the
// passkey says, so the answer tells nothing about accounts.
func (s *Pages) beginPasskeySignIn(c echo.Context) error {
	party, err := s.relyingParty(c)
	if err != nil {
		return s.ceremonyFailed(c, err)
	}
	options, ceremony, err := party.BeginDiscoverableLogin()
	if err != nil {
		return s.ceremonyFailed(c, web.ErrInternal.Because(err))
	}
	if err := passkeyPending.begin(s, c, newAssertion(c, ceremony)); err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, struct {
		Options any `json:"options"`
	}{options})
}

// finishPasskeySignIn signs in whoever has shown a passkey. It verified the person, so it
// stands for password and second factor.
func (s *Pages) finishPasskeySignIn(c echo.Context) error {
	begun, at, ok := passkeyPending.begun(s, c)
	passkeyPending.end(s, c)
	if !ok {
		return s.ceremonyFailed(c, errCeremonyOver)
	}
	user, err := s.checkPasskey(c, begun.Ceremony, at)
	if err != nil {
		return s.ceremonyFailed(c, s.passkeyRefused(c, "", audit.SignInRefused, err))
	}
	codePending.end(s, c) // the other way in, if it was begun
	to, err := s.enter(c, user, audit.SignInPasskey, begun.Next)
	if err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, passkeyDone{to})
}

// checkPasskey finds out whose passkey has answered what was asked at the given time.
// Whatever is wrong with it is errPasskeyRefused; an answer that was given before is
// errCeremonyOver.
func (s *Pages) checkPasskey(c echo.Context, ceremony webauthn.SessionData, at time.Time) (models.User, error) {
	ctx := c.Request().Context()
	party, err := s.relyingParty(c)
	if err != nil {
		return models.User{}, err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(c.FormValue("credential")))
	if err != nil {
		return models.User{}, refusePasskey(err)
	}
	var owner *passkeyUser
	var key models.Passkey
	var failed error // of the store, which the library would hide
	_, credential, err := party.ValidatePasskeyLogin(func(rawID, handle []byte) (webauthn.User, error) {
		owner, key, failed = s.passkeyOwner(ctx, rawID, handle)
		return owner, failed
	}, ceremony, answer)
	if failed != nil && !errors.Is(failed, models.ErrNotFound) {
		return models.User{}, failed
	}
	if err != nil {
		return models.User{}, refusePasskey(err)
	}
	return owner.User, s.acceptPasskey(c, key.ID, credential, at)
}

// passkeyOwner is whose passkey it is; ErrNotFound when nobody's, or not that of the user whom
// the authenticator names.
func (s *Pages) passkeyOwner(ctx context.Context, rawID, handle []byte) (*passkeyUser, models.Passkey, error) {
	key, err := s.store.PasskeyByCredential(ctx, rawID)
	if err != nil {
		return nil, key, err
	}
	if key.UserID != string(handle) {
		return nil, key, models.ErrNotFound
	}
	user, err := s.store.User(ctx, key.UserID)
	if err != nil {
		return nil, key, err
	}
	owner, err := s.passkeyUser(ctx, user)
	return owner, key, err
}
