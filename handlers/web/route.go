package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Permission is who may use a route. Every route states one.
type Permission string

// The permissions. A login with a higher role may use the routes of a lower one.
const (
	Open     Permission = "open"     // everybody; nobody is even recognised
	Anyone   Permission = "anyone"   // everybody; people who are signed in are recognised
	Setup    Permission = "setup"    // whoever has the one-time link, while there is no user
	Viewer   Permission = "viewer"   // signed in
	Operator Permission = "operator" // signed in, runs devices
	Admin    Permission = "admin"    // signed in, manages everything
	APIKey   Permission = "key"      // a device's API key
	ScanLink Permission = "scan"     // whoever has a scan link of a device
	Invited  Permission = "invited"  // whoever has an invitation to the panel
	Loopback Permission = "loopback" // the handler itself admits only this machine

	SystemSecret Permission = "secret" // the installation's system secret
)

// Route is one line of the product's surface.
type Route struct {
	Method string
	Path   string
	May    Permission
	Do     echo.HandlerFunc
	Proven bool // asks for the password or a passkey when that is long ago
}

// Proven makes a route ask for the password or a passkey again when that is long ago: what
// could hand over the installation to somebody who has copied a cookie.
func Proven(r Route) Route {
	r.Proven = true
	return r
}

// Get is a route of what an address shows.
func Get(path string, may Permission, do echo.HandlerFunc) Route {
	return Route{Method: http.MethodGet, Path: path, May: may, Do: do}
}

// Post is a route of what a form or a program does.
func Post(path string, may Permission, do echo.HandlerFunc) Route {
	return Route{Method: http.MethodPost, Path: path, May: may, Do: do}
}
