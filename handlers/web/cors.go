package web

import (
	"net/http"
	"slices"
)

// AllowOrigin lets pages of the sites that were named read what the API answers, and
// reports whether r comes from one. They need a key like everybody else: cookies are
// never read by the API, and the default device answers no page of another site.
func (s *Site) AllowOrigin(h http.Header, r *http.Request) bool {
	if len(s.cfg.CORSOrigins) == 0 || !IsAPI(r) {
		return false
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	if !slices.Contains(s.cfg.CORSOrigins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	return true
}

// IsPreflight reports whether a browser asks what a page may send.
func IsPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// AllowCalls answers it.
func AllowCalls(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
