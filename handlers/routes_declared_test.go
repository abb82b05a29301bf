package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/handlers/web"
)

// everyRoute is what the server serves with a sandbox.
func everyRoute(t *testing.T) []web.Route {
	t.Helper()
	return newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) }).server.Mounted()
}

func TestEveryRouteDeclaresItsPermission(t *testing.T) {
	known := []web.Permission{web.Open, web.Anyone, web.Setup, web.Viewer, web.Operator, web.Admin, web.APIKey, web.SystemSecret, web.ScanLink, web.Invited, web.Loopback}
	seen := map[string]bool{}
	for _, r := range everyRoute(t) {
		name := r.Method + " " + r.Path
		if !slices.Contains(known, r.May) {
			t.Errorf("%s declares %q", name, r.May)
		}
		if r.Do == nil || seen[name] {
			t.Errorf("%s has no handler or stands twice", name)
		}
		seen[name] = true
	}
}

// TestOpenRoutes lists the routes that need no credential. Adding one is a decision.
func TestOpenRoutes(t *testing.T) {
	want := []string{
		"GET /healthz", "GET /readyz", "GET /robots.txt", "GET /api/openapi.yaml", "GET /favicon.ico", "GET /static/*",
		"GET /setup", "POST /setup", "GET /signin", "POST /signin", "POST /signout", "POST /prefs",
		"GET /scan/:token", "GET /scan/:token/events", "POST /scan/:token/start", "POST /scan/:token/pair",
		"GET /invite/:token", "POST /invite/:token",
		"GET /signin/code", "POST /signin/code", "GET /signin/password", "POST /signin/password", "POST /signin/passkey/begin", "POST /signin/passkey/finish",
		"POST /webhooks/receiver/in", "GET /sandbox/*", "POST /sandbox/*", "DELETE /sandbox/*",
	}
	var got []string
	for _, r := range everyRoute(t) {
		switch r.May {
		case web.Open, web.Anyone, web.Setup, web.ScanLink, web.Invited, web.Loopback:
			got = append(got, r.Method+" "+r.Path)
		case web.Viewer, web.Operator, web.Admin, web.APIKey, web.SystemSecret:
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("open routes:\n%q\nwant:\n%q", got, want)
	}
}

// TestProvenRoutes lists the routes that ask for the password or a passkey again when that
// is long ago. What could hand over the installation belongs to them.
func TestProvenRoutes(t *testing.T) {
	want := []string{
		"POST /people", "POST /people/:user/role", "POST /people/known-keys", "POST /people/:user/devices", "POST /people/:user/password",
		"POST /people/:user/factors", "POST /people/:user/logins", "POST /people/:user/logins/:login", "POST /people/:user/delete",
		"POST /people/invitations", "POST /people/invitations/:invitation/revoke",
		"POST /settings/secret", "POST /settings/secret/revoke", "POST /settings/secret/:secret/reveal",
		"POST /devices/:id/reveal", "POST /devices/:id/keys", "POST /devices/:id/keys/:key/reveal", "POST /devices/:id/keys/:key/rotate",
		"GET /audit.csv", "GET /audit.json",
	}
	var got []string
	for _, r := range everyRoute(t) {
		name := r.Method + " " + r.Path
		if r.Proven {
			got = append(got, name)
		}
		handsOver := strings.HasPrefix(name, "POST /people") || strings.Contains(name, "/reveal") || strings.Contains(name, "/secret") ||
			strings.Contains(r.Path, ".csv") || strings.Contains(r.Path, ".json")
		if handsOver && !r.Proven {
			t.Errorf("%s does not ask again", name)
		}
		if r.Proven && r.May != web.Operator && r.May != web.Admin {
			t.Errorf("%s asks those who are not signed in, or may do little", name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("routes that ask again:\n%q\nwant:\n%q", got, want)
	}
}
