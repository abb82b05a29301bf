package signin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
)

// registration is a passkey that is being made.
type registration struct {
	name     string
	ceremony webauthn.SessionData
}

// assertion is a passkey that is asked for, to sign in or to confirm.
type assertion struct {
	Next     string
	Ceremony webauthn.SessionData
}

var (
	passkeyPending = pendingStep[assertion]{"wadah_passkey"}
	proofPending   = pendingStep[assertion]{"wadah_passkey_proof"} // by people who are signed in
)

// longestNext bounds the path that travels with a ceremony, in bytes: browsers keep
// cookies of 4 kB.
const longestNext = 500

func newAssertion(c echo.Context, ceremony *webauthn.SessionData) assertion {
	next := web.OwnPath(c.FormValue("next"), "")
	if len(next) > longestNext {
		next = ""
	}
	return assertion{next, *ceremony}
}

// passkeysPossible reports whether browsers allow passkeys under the address the
// request was made to: a host name, with TLS unless it is this machine.
func (s *Pages) passkeysPossible(c echo.Context) bool {
	u, err := url.Parse(s.Origin(c))
	if err != nil || !strings.EqualFold(u.Host, c.Request().Host) {
		return false // the page was not opened at the public URL
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return false
	}
	return u.Scheme == "https" || u.Hostname() == "localhost"
}

// relyingParty is what this installation is to authenticators: its host name. Passkeys
// prove the person by themselves, so they always verify who holds them.
func (s *Pages) relyingParty(c echo.Context) (*webauthn.WebAuthn, error) {
	if !s.passkeysPossible(c) {
		return nil, errNoPasskeys
	}
	origin := s.Origin(c)
	u, err := url.Parse(origin)
	if err != nil {
		return nil, errNoPasskeys.Because(err)
	}
	limit := webauthn.TimeoutConfig{Enforce: true, Timeout: stepTime, TimeoutUVD: stepTime}
	party, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: "Wadah", RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit},
		// Some password managers answer more than they were asked; it is not looked at.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, errNoPasskeys.Because(err)
	}
	return party, nil
}

// Failures of passkey ceremonies.
var (
	errNoPasskeys = &web.Failure{
		Status: http.StatusConflict, Code: "passkeys_impossible",
		Message: "Passkeys need the installation's host name, and https unless that is localhost.",
	}
	errPasskeyRefused = &web.Failure{
		Status: http.StatusUnprocessableEntity, Code: "passkey_failed",
		Message: "This passkey was not accepted. Try again, or use the password.",
	}
	errCeremonyOver = &web.Failure{
		Status: http.StatusUnprocessableEntity, Code: "timeout",
		Message: "This took too long. Try again.",
	}
)

// passkeyUser is a user as the WebAuthn library wants it.
type passkeyUser struct {
	models.User
	credentials []webauthn.Credential
	keys        []models.Passkey // in the same order
}

func (u *passkeyUser) WebAuthnID() []byte                         { return []byte(u.ID) }
func (u *passkeyUser) WebAuthnName() string                       { return u.Name }
func (u *passkeyUser) WebAuthnDisplayName() string                { return u.Name }
func (u *passkeyUser) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

// passkeyUser is the user with the passkeys that are stored.
func (s *Pages) passkeyUser(ctx context.Context, user models.User) (*passkeyUser, error) {
	keys, err := s.store.Passkeys(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	u := &passkeyUser{User: user, keys: keys}
	for _, k := range keys {
		var credential webauthn.Credential
		if err := json.Unmarshal(k.Credential, &credential); err != nil {
			return nil, web.ErrStorage.Because(err)
		}
		u.credentials = append(u.credentials, credential)
	}
	return u, nil
}

// writeCeremony answers passkey.js: what the browser is to do, or where to go on.
func writeCeremony(c echo.Context, answer any) error {
	return web.WriteJSON(c, http.StatusOK, web.AppendAny(nil, answer))
}

// ceremonyFailed answers passkey.js with a sentence in the visitor's language, where
// the panel has one for the code. Other errors are answered as everywhere.
func (s *Pages) ceremonyFailed(c echo.Context, err error) error {
	f := web.FailureOf(err)
	if f.Status >= http.StatusInternalServerError {
		s.LogFailure(c, f)
	}
	message := ""
	if pages.InWords(f) {
		message = visitor.Of(c).Lang.Invalid(f.Code)
	}
	f.WriteHeaders(c.Response().Header())
	return web.WriteJSON(c, f.Status, web.AppendAny(nil, struct {
		Error   string `json:"error"`
		Message string `json:"message,omitempty"`
	}{f.Code, message}))
}
