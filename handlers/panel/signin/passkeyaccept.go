package signin

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/limit"
	"wadah/handlers/web"
	"wadah/models"
)

// acceptPasskey stores that a passkey was used for what was asked at the given time.
func (s *Pages) acceptPasskey(c echo.Context, keyID string, credential *webauthn.Credential, at time.Time) error {
	if credential.Authenticator.CloneWarning { // its counter went back
		return refusePasskey(errors.New("the authenticator's counter went back"))
	}
	stored, err := json.Marshal(credential)
	if err != nil {
		return web.ErrInternal.Because(err)
	}
	err = s.store.UsePasskey(c.Request().Context(), keyID, stored, at, at.Add(stepTime))
	if errors.Is(err, models.ErrConflict) {
		return errCeremonyOver.Because(err)
	}
	return err
}

// passkeyRefused writes a refusal down, until there are too many of one network. It keeps
// nobody out: a passkey cannot be guessed, so there is no harm in looking at each.
func (s *Pages) passkeyRefused(c echo.Context, actor string, action audit.Action, err error) error {
	if !errors.Is(err, errPasskeyRefused) {
		return err
	}
	failed := limit.Doors{Own: limit.Door{Key: "passkey " + s.networks(c)[0], Free: 20, Longest: sharedSlowest}}
	if _, wait := s.guesses.strangers.Attempt(s.now(), failed); wait > 0 {
		return (&web.Failure{Status: http.StatusTooManyRequests, Code: codeSlow, RetryAfter: wait}).Because(err)
	}
	s.trail.Note(c, audit.Entry(audit.User(actor), action, "", ""))
	return err
}

// refusePasskey is errPasskeyRefused with what was wrong.
func refusePasskey(why error) error { return errors.Join(errPasskeyRefused, why) }
