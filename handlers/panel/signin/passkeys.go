package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

// beginPasskey begins to register a passkey, for a visitor who proves the password.
func (s *Account) beginPasskey(c echo.Context) error {
	options, err := s.registerPasskey(c)
	if err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, struct {
		Options any `json:"options"`
	}{options})
}

func (s *Account) registerPasskey(c echo.Context) (*protocol.CredentialCreation, error) {
	party, err := s.relyingParty(c)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(c.FormValue("name"))
	if name == "" {
		return nil, &web.Failure{Status: http.StatusUnprocessableEntity, Code: "name_required"}
	}
	if code, err := s.provePassword(c); err != nil {
		return nil, err
	} else if code != "" {
		return nil, &web.Failure{Status: refusedStatus(code), Code: code}
	}
	v := visitor.Of(c)
	user, err := s.passkeyUser(c.Request().Context(), *v.User)
	if err != nil {
		return nil, err
	}
	var known []protocol.CredentialDescriptor
	for i := range user.credentials {
		known = append(known, user.credentials[i].Descriptor())
	}
	options, ceremony, err := party.BeginRegistration(user, webauthn.WithExclusions(known))
	if err != nil {
		return nil, web.ErrInternal.Because(err)
	}
	s.registrations.Put(v.Token, time.Now(), registration{name, *ceremony})
	return options, nil
}

// finishPasskey stores the passkey the browser made.
func (s *Account) finishPasskey(c echo.Context) error {
	if err := s.addPasskey(c); err != nil {
		return s.ceremonyFailed(c, err)
	}
	return writeCeremony(c, passkeyDone{"/account"})
}

// passkeyDone tells passkey.js where to go on.
type passkeyDone struct {
	Next string `json:"next"`
}

func (s *Account) addPasskey(c echo.Context) error {
	v, ctx := visitor.Of(c), c.Request().Context()
	party, err := s.relyingParty(c)
	if err != nil {
		return err
	}
	begun, ok := s.registrations.Take(v.Token, time.Now())
	if !ok {
		return errCeremonyOver
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes([]byte(c.FormValue("credential")))
	if err != nil {
		return errPasskeyRefused.Because(err)
	}
	credential, err := party.CreateCredential(&passkeyUser{User: *v.User}, begun.ceremony, answer)
	if err != nil {
		return errPasskeyRefused.Because(err)
	}
	stored, err := json.Marshal(credential)
	if err != nil {
		return web.ErrInternal.Because(err)
	}
	key, err := s.store.AddPasskey(ctx, v.User.ID, begun.name, credential.ID, stored)
	if errors.Is(err, models.ErrConflict) {
		return (&web.Failure{Status: http.StatusConflict, Code: "passkey_exists"}).Because(err)
	}
	if err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.PasskeyAdd, "", key.Name))
	s.SetFlash(c, views.NoticePasskeyAdded, key.Name)
	return nil
}

// renamePasskey gives a passkey another name.
func (s *Account) renamePasskey(c echo.Context) error {
	user := visitor.Of(c).User
	err := s.store.RenamePasskey(c.Request().Context(), user.ID, c.Param("passkey"), c.FormValue("name"))
	var invalid *models.Invalid
	if errors.As(err, &invalid) {
		return s.accountRefused(c, "passkeys", invalid.Code)
	}
	if err != nil {
		return err
	}
	name := strings.TrimSpace(c.FormValue("name"))
	s.trail.Note(c, visitor.Entry(c, audit.PasskeyRename, "", name))
	return s.accountDone(c, views.NoticePasskeyRenamed, name)
}

// removePasskey ends a passkey, for a visitor who proves the password.
func (s *Account) removePasskey(c echo.Context) error {
	if code, err := s.provePassword(c); err != nil {
		return err
	} else if code != "" {
		return s.accountRefused(c, "passkeys", code)
	}
	user := visitor.Of(c).User
	name, err := s.passkeyName(c.Request().Context(), user.ID, c.Param("passkey"))
	if err != nil {
		return err
	}
	if err := s.store.RemovePasskey(c.Request().Context(), user.ID, c.Param("passkey")); err != nil {
		return err
	}
	if err := s.logins.Renew(c); err != nil {
		return err
	}
	s.trail.Note(c, visitor.Entry(c, audit.PasskeyRemove, "", name))
	return s.accountDone(c, views.NoticePasskeyRemoved, name)
}

func (s *Account) passkeyName(ctx context.Context, userID, id string) (string, error) {
	keys, err := s.store.Passkeys(ctx, userID)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.ID == id {
			return k.Name, nil
		}
	}
	return "", models.ErrNotFound
}
