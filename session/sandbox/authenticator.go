package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
)

// relyingParty is the domain the passkeys belong to. A passkey can be used on it
// and on its subdomains, such as web.whatsapp.com.
const relyingParty = "whatsapp.com"

// The flags of authenticator data: the user was present and was verified.
const flagsPresentVerified = 0x01 | 0x04

// clientData is the part of WebAuthn's client data that counts.
type clientData struct {
	Type        string `json:"type"`
	Challenge   string `json:"challenge"` // base64url without padding
	Origin      string `json:"origin"`
	CrossOrigin bool   `json:"crossOrigin"`
}

// credentialID names the account's passkey.
func (p *phone) credentialID() []byte {
	id := sha256.Sum256(append([]byte("passkey id "), p.identity.Pub[:]...))
	return id[:16]
}

// passkeyKey is the account's passkey, derived from its identity so that it needs
// no place of its own in the state file.
func (p *phone) passkeyKey() (*ecdsa.PrivateKey, error) {
	scalar := sha256.Sum256(append([]byte("passkey "), p.identity.Priv[:]...))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	if err != nil {
		return nil, fmt.Errorf("derive passkey: %w", err)
	}
	return key, nil
}

// AnswerPasskey is the person who uses the phone's passkey on web.whatsapp.com for
// a device that is being linked: it takes the request options as the device got
// them (JSON of types.WebAuthnPublicKey) and returns the WebAuthn answer (JSON of
// types.WebAuthnResponse).
func (s *Service) AnswerPasskey(number string, options []byte) ([]byte, error) {
	s.mu.Lock()
	p := s.phones[number]
	s.mu.Unlock()
	if p == nil {
		return nil, ErrPhoneUnknown
	}
	request, asked := p.askedBy(options)
	if !asked {
		return nil, ErrPasskeyOptions
	}
	client, err := json.Marshal(clientData{
		Type: "webauthn.get", Challenge: base64.RawURLEncoding.EncodeToString(request.Challenge), Origin: socket.Origin,
	})
	if err != nil {
		return nil, fmt.Errorf("marshal client data: %w", err)
	}
	party := sha256.Sum256([]byte(relyingParty))
	authenticator := append(party[:], flagsPresentVerified, 0, 0, 0, 1) // flags and a signature counter
	key, err := p.passkeyKey()
	if err != nil {
		return nil, err
	}
	digest := signedDigest(authenticator, client)
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign assertion: %w", err)
	}
	answer, err := json.Marshal(types.WebAuthnResponse{
		ID: base64.RawURLEncoding.EncodeToString(p.credentialID()), RawID: p.credentialID(), Type: "public-key",
		Response: types.WebAuthnResponseData{
			ClientDataJSON: client, AuthenticatorData: authenticator, Signature: signature,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("marshal assertion: %w", err)
	}
	return answer, nil
}

// askedBy reads the options of a passkey request, and says whether it is this
// account's passkey that they ask for.
func (p *phone) askedBy(options []byte) (request types.WebAuthnPublicKey, asked bool) {
	asked = json.Unmarshal(options, &request) == nil && len(request.Challenge) > 0 && request.RelyingPartID == relyingParty &&
		slices.ContainsFunc(request.AllowCredentials, func(c types.AllowedCredential) bool {
			return slices.Equal(c.ID, p.credentialID())
		})
	return request, asked
}

// AsksForPasskey says whether these options, which a device was asked with, ask for
// the passkey of this phone's account.
func (s *Service) AsksForPasskey(number string, options []byte) bool {
	s.mu.Lock()
	p := s.phones[number]
	s.mu.Unlock()
	if p == nil {
		return false
	}
	_, asked := p.askedBy(options)
	return asked
}

// checkAssertion verifies an answer as a relying party does.
func (p *phone) checkAssertion(credential, assertion, challenge []byte) bool {
	var response types.WebAuthnResponse
	var client clientData
	if json.Unmarshal(assertion, &response) != nil || json.Unmarshal(response.Response.ClientDataJSON, &client) != nil {
		return false
	}
	party := sha256.Sum256([]byte(relyingParty))
	authenticator := response.Response.AuthenticatorData
	if len(authenticator) < 37 || !slices.Equal(authenticator[:32], party[:]) ||
		authenticator[32]&flagsPresentVerified != flagsPresentVerified {
		return false
	}
	key, err := p.passkeyKey()
	if err != nil {
		return false
	}
	digest := signedDigest(authenticator, response.Response.ClientDataJSON)
	return slices.Equal(credential, p.credentialID()) && slices.Equal(response.RawID, p.credentialID()) &&
		client.Type == "webauthn.get" && client.Origin == socket.Origin && !client.CrossOrigin &&
		client.Challenge == base64.RawURLEncoding.EncodeToString(challenge) &&
		ecdsa.VerifyASN1(&key.PublicKey, digest[:], response.Response.Signature)
}

// signedDigest is what a WebAuthn signature covers.
func signedDigest(authenticator, client []byte) [32]byte {
	hash := sha256.Sum256(client)
	return sha256.Sum256(slices.Concat(authenticator, hash[:]))
}
