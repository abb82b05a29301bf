package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wadah/handlers"
	"wadah/models"
)

// TestEveryRouteByRole walks every route as nobody and as each role.
func TestEveryRouteByRole(t *testing.T) {
	e := newEnv(t, func(c *handlers.Config) { c.Sandbox = newPhones(t) })
	e.user("boss", models.RoleAdmin)
	e.user("run", models.RoleOperator)
	e.user("look", models.RoleViewer)
	rank := map[string]int{"viewer": 1, "operator": 2, "admin": 3}
	roles := []struct {
		name string
		rank int
		b    *browser
	}{{"nobody", 0, e.browser()}, {"viewer", 1, e.signedIn("look")}, {"operator", 2, e.signedIn("run")}, {"admin", 3, e.signedIn("boss")}}
	fill := strings.NewReplacer(":id", "06h0d6kr2sob0prs6bqba3304o", ":number", "6281234567890", ":action", "logout", "*", "x")

	routes := e.server.Routes()
	// Those of the system secret come before the walk makes one.
	slices.SortStableFunc(routes, func(a, b handlers.RouteInfo) int {
		switch {
		case a.May == b.May:
			return 0
		case a.May == "secret":
			return -1
		case b.May == "secret":
			return 1
		}
		return 0
	})
	for _, r := range routes {
		path := fill.Replace(r.Path)
		if path == "/signout" {
			continue // it would end the logins the walk needs; TestSignIn covers it
		}
		for _, who := range roles {
			req := e.form(path, url.Values{})
			if req.Method = r.Method; r.Method != http.MethodPost {
				req = e.request(r.Method, path, nil)
			}
			got := who.b.do(req)
			refused := got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden ||
				strings.HasPrefix(got.Header.Get("Location"), "/signin?") || got.Header.Get("Location") == "/signin" && r.May != "setup" && r.May != "anyone"
			var want bool
			switch r.May {
			case "open", "anyone", "setup":
			case "loopback": // the test is on this machine
			case "key":
				want = true // a login opens no device to a program
			case "secret", "scan", "invited":
				// There is no secret, and no such link.
				if got.StatusCode != http.StatusNotFound && got.StatusCode != http.StatusGone {
					t.Errorf("%s %s as %s: %d, want 404 or 410", r.Method, r.Path, who.name, got.StatusCode)
				}
			default:
				want = who.rank < rank[r.May]
			}
			if refused != want {
				t.Errorf("%s %s (%s) as %s: %d to %q, refused %v, want %v", r.Method, r.Path, r.May, who.name,
					got.StatusCode, got.Header.Get("Location"), refused, want)
			}
		}
	}
}
