package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/models"
)

// passkeyCookie names, in the browser, the ceremony that is under way.
const passkeyCookie = "wadah_passkey"

// beginPasskeySignIn asks the browser for a passkey of anybody: whose it is, the
// passkey says, so the answer tells nothing about accounts.
func (s *Server) beginPasskeySignIn(c echo.Context) error {
	party, err := s.relyingParty(c)
	if err != nil {
		return s.ceremonyFailed(c, err)
	}
	options, ceremony, err := party.BeginDiscoverableLogin()
	if err != nil {
		return s.ceremonyFailed(c, internalFailure.because(err))
	}
	token, now := rand.Text(), time.Now()
	s.steps.assertions.put(token, now, assertion{ownPath(c.FormValue("next"), ""), *ceremony})
	s.setCookie(c, passkeyCookie, token, now.Add(stepTime))
	return writeCeremony(c, struct {
		Options any `json:"options"`
	}{options})
}

// finishPasskeySignIn signs in who has shown a passkey. It verified the person, so it
// stands for password and second factor.
func (s *Server) finishPasskeySignIn(c echo.Context) error {
	begun, ok := s.steps.assertions.take(cookieValue(c, passkeyCookie), time.Now())
	s.dropCookie(c, passkeyCookie)
	if !ok {
		return s.ceremonyFailed(c, errCeremonyOver)
	}
	doors := s.passkeyDoors(c)
	if wait := s.throttle.attempt(time.Now(), doors...); wait > 0 {
		f := failure{Status: http.StatusTooManyRequests, Code: "signin_slow", RetryAfter: wait}
		return s.ceremonyFailed(c, &f)
	}
	user, err := s.checkPasskey(c, begun.ceremony)
	if err != nil {
		if errors.Is(err, errPasskeyRefused) {
			s.audit(c, "", "signin.refused", "", "")
		} else {
			s.throttle.undo(doors...)
		}
		return s.ceremonyFailed(c, err)
	}
	s.throttle.succeeded(doors...)
	s.leaveCode(c) // the other way in, if it was begun
	if err := s.enter(c, user, "signin.passkey"); err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, passkeyDone{ownPath(begun.next, "/devices")})
}

// checkPasskey finds out whose passkey has answered. Whatever is wrong with it is
// errPasskeyRefused.
func (s *Server) checkPasskey(c echo.Context, ceremony webauthn.SessionData) (models.User, error) {
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
	if credential.Authenticator.CloneWarning { // its counter went back
		return models.User{}, refusePasskey(errors.New("the authenticator's counter went back"))
	}
	stored, err := json.Marshal(credential)
	if err != nil {
		return models.User{}, internalFailure.because(err)
	}
	return owner.User, s.store.UsePasskey(ctx, key.ID, stored)
}

// passkeyOwner is whose passkey it is; ErrNotFound when nobody's, or not the one's who
// the authenticator says.
func (s *Server) passkeyOwner(ctx context.Context, rawID, handle []byte) (*passkeyUser, models.Passkey, error) {
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

// refusePasskey is errPasskeyRefused with what was wrong.
func refusePasskey(why error) error { return errors.Join(errPasskeyRefused, why) }
