package api

import (
	"net/http"
	"strings"

	"wadah/handlers/web"
)

// keyOf finds the one API key of a request: in the body, the query, X-Api-Key or
// Authorization: Bearer. The same key may stand in several places; two different
// ones are errTwoKeys, because nobody can say which device was meant. "" means none.
func keyOf(r *http.Request, p params) (string, error) { return credential(r, p, "apiKey") }

// credential is keyOf for a secret whose parameter is called name.
func credential(r *http.Request, p params, name string) (string, error) {
	key, clash := "", false
	add := func(sent string) bool {
		switch candidate := bareWord(sent); {
		case candidate == "" || candidate == key:
		case key == "":
			key = candidate
		default:
			clash = true
		}
		return !clash
	}
	p.each(name, add)
	for _, v := range r.Header["X-Api-Key"] {
		add(v)
	}
	for _, v := range r.Header["Authorization"] {
		if scheme, token, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "Bearer") {
			add(token)
		}
	}
	if clash {
		return "", errTwoKeys
	}
	return key, nil
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
