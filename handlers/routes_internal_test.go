package handlers

import (
	"slices"
	"testing"
)

// everyRoute is what the server would serve with a sandbox.
func everyRoute() []route {
	return (&Server{cfg: Config{Sandbox: &Sandbox{}}}).routes()
}

func TestEveryRouteDeclaresItsPermission(t *testing.T) {
	known := []permission{open, anyone, setup, viewer, operator, admin, apiKey, systemSecret, scanLink, loopback}
	seen := map[string]bool{}
	for _, r := range everyRoute() {
		name := r.method + " " + r.path
		if !slices.Contains(known, r.may) {
			t.Errorf("%s declares %q", name, r.may)
		}
		if r.do == nil || seen[name] {
			t.Errorf("%s has no handler or stands twice", name)
		}
		seen[name] = true
	}
}

// TestOpenRoutes lists the routes that need no credential. Adding one is a decision.
func TestOpenRoutes(t *testing.T) {
	want := []string{
		"GET /healthz", "GET /readyz", "HEAD /healthz", "HEAD /readyz", "GET /robots.txt", "GET /api/openapi.yaml", "GET /favicon.ico", "GET /static/*",
		"GET /setup", "POST /setup", "GET /signin", "POST /signin", "POST /signout", "POST /prefs",
		"GET /scan/:token", "GET /scan/:token/events", "POST /scan/:token/start", "POST /scan/:token/pair",
		"GET /signin/code", "POST /signin/code", "POST /signin/passkey/begin", "POST /signin/passkey/finish",
		"GET /sandbox/*", "POST /sandbox/*", "DELETE /sandbox/*",
	}
	var got []string
	for _, r := range everyRoute() {
		switch r.may {
		case open, anyone, setup, scanLink, loopback:
			got = append(got, r.method+" "+r.path)
		case viewer, operator, admin, apiKey, systemSecret:
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("open routes:\n%q\nwant:\n%q", got, want)
	}
}
