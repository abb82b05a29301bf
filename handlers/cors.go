package handlers

import (
	"net/http"
	"slices"
)

// allowOrigin lets pages of the sites that were named read what the API answers, and
// reports whether r comes from one. They need a key like everybody else: cookies are
// never read by the API, and the default device answers no page of another site.
func (s *Server) allowOrigin(h http.Header, r *http.Request) bool {
	if len(s.cfg.CORSOrigins) == 0 || !isAPI(r) {
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

// isPreflight reports whether a browser asks what a page may send.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// allowCalls answers it.
func allowCalls(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Api-Key")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
