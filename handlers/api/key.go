package api

import (
	"net/http"
	"strings"

	"wadah/handlers/web"
	"wadah/models"
)

// keyOf finds the one API key of a request: in the body, the query, X-Api-Key or
// Authorization. The same key may stand in several places; two different ones are
// errTwoKeys, because nobody can say which device was meant. "" means none.
func keyOf(r *http.Request, p params) (string, error) { return credential(r, p, isKeyName) }

// shortestKey is how long keys and secrets are at least; no name of a scheme is so long.
const shortestKey = 20

// isKeyName reports whether clients send a key under this name: apiKey in any case, as the
// family's samples have it, and what is usual elsewhere.
func isKeyName(name string) bool {
	name = strings.TrimSuffix(name, "[]")
	return strings.EqualFold(name, "apiKey") || strings.EqualFold(name, "api_key") || name == "token"
}

// isSecretName is isKeyName for the system secret.
func isSecretName(name string) bool {
	return strings.EqualFold(strings.TrimSuffix(name, "[]"), "secret")
}

// credential is keyOf for a secret whose parameter has one of the names that called knows.
func credential(r *http.Request, p params, called func(name string) bool) (string, error) {
	key, clash := "", false
	add := func(sent string) {
		switch candidate := bareWord(sent); {
		case candidate == "" || candidate == key:
		case key == "":
			key = candidate
		default:
			clash = true
		}
	}
	p.all(func(name, sent string) {
		if called(name) {
			add(sent)
		}
	})
	for _, v := range r.Header["X-Api-Key"] {
		add(v)
	}
	for _, v := range r.Header["Authorization"] {
		scheme, token, ok := strings.Cut(v, " ")
		switch {
		case ok && strings.EqualFold(scheme, "Bearer"):
			add(token)
		case !ok && len(v) >= shortestKey: // some clients send the key as it is
			add(v)
		}
	}
	if clash {
		return "", errTwoKeys
	}
	return key, nil
}

// bodyLost is what a client is told besides, whose request came as GET and empty.
const bodyLost = " This request came as GET and carries nothing: if you sent POST with a body, a redirect (to https, or to an address without a slash at the end) has dropped it. Call the final address."

// orLost adds bodyLost to a failure about something that is missing, where that may be why.
func orLost(err error, r *http.Request, in params) error {
	f, ok := err.(*web.Failure) //nolint:errorlint // only our own failures, as they are
	if !ok || r.Method != http.MethodGet || !in.empty() || r.Header.Get("Content-Type") == "" {
		return err
	}
	hinted := *f
	hinted.Message += bodyLost
	return &hinted
}

// errScope answers a key that may do less than the call does.
func errScope(scopes []models.Scope) *web.Failure {
	names := make([]string, 0, len(scopes))
	for _, s := range scopes {
		names = append(names, string(s))
	}
	f := &web.Failure{Status: http.StatusForbidden, Code: "scope"}
	f.Message = "This key may not do that: it lacks the scope " + strings.Join(names, " or ") + ". Make another key for it."
	return f
}

// errElsewhere answers a key that is used from where it may not be.
func errElsewhere(address string) *web.Failure {
	f := &web.Failure{Status: http.StatusForbidden, Code: "address"}
	f.Message = "This key may not be used from " + address + ". Use it from an allowed address, or make another key."
	return f
}

// Failures of what opens a call.
var (
	// errUnauthorized answers a missing, unknown, expired or revoked key alike.
	errUnauthorized = &web.Failure{
		Status: http.StatusUnauthorized, Code: "unauthorized",
		Message: "No valid API key. Send the key of your device as apiKey (form, JSON or query), as X-Api-Key, or as Authorization: Bearer.",
	}
	errTwoKeys = &web.Failure{
		Status: http.StatusBadRequest, Code: "two_keys",
		Message: "The request carries two different API keys. Send exactly one, in one place.",
	}
)
