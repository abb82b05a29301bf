package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// permission is who may use a route. Every route states one.
type permission string

// The permissions. A login with a higher role may use the routes of a lower one.
const (
	open     permission = "open"     // everybody; nobody is even recognised
	anyone   permission = "anyone"   // everybody; who is signed in is recognised
	setup    permission = "setup"    // who has the one-time link, while there is no user
	viewer   permission = "viewer"   // signed in
	operator permission = "operator" // signed in, runs devices
	admin    permission = "admin"    // signed in, manages everything
	apiKey   permission = "key"      // a device's API key
	scanLink permission = "scan"     // who has a scan link of a device
	loopback permission = "loopback" // the handler itself admits only this machine

	systemSecret permission = "secret" // the installation's system secret
)

// route is one line of the product's surface.
type route struct {
	method string
	path   string
	may    permission
	do     echo.HandlerFunc
	proven bool // asks for the password or a passkey when that is long ago
}

// routes lists every route of the product with its permission. Nothing registers
// itself elsewhere.
func (s *Server) routes() []route {
	list := []route{
		// Probes and files.
		get("/healthz", open, s.healthz),
		get("/readyz", open, s.readyz),
		get("/robots.txt", open, s.robots),
		get("/favicon.ico", open, s.favicon),
		get("/static/*", open, s.staticFile),
		get("/api/openapi.yaml", open, s.apiDescription),

		// Doors.
		get("/setup", setup, s.setupForm),
		post("/setup", setup, s.setupSubmit),
		get("/signin", anyone, s.signInForm),
		post("/signin", anyone, s.signInSubmit),
		post("/signout", anyone, s.signOut),
		post("/prefs", anyone, s.setPrefs),

		// Panel.
		get("/", viewer, s.home),
		get("/events", viewer, s.pageEvents),
		get("/confirm", viewer, s.confirmForm),
		post("/confirm", viewer, s.confirmSubmit),
		post("/confirm/passkey/begin", viewer, s.beginPasskeyProof),
		post("/confirm/passkey/finish", viewer, s.finishPasskeyProof),
		get("/account", viewer, s.accountPage),
		post("/account/password", viewer, s.changePassword),
		post("/account/prefs", viewer, s.setPrefs),

		get("/devices", viewer, s.devicesPage),
		post("/devices", admin, s.addDevice),
		post("/devices/bulk", operator, s.bulkAction),
		get("/devices/:id", viewer, s.devicePage),
		get("/devices/:id/qr.png", operator, s.deviceQR),
		post("/devices/:id/start", operator, s.startDevice),
		post("/devices/:id/stop", operator, s.stopDevice),
		post("/devices/:id/restart", operator, s.restartDevice),
		get("/devices/:id/confirm/:action", operator, s.confirmPage),
		post("/devices/:id/logout", operator, s.logoutDevice),
		post("/devices/:id/delete", admin, s.deleteDevice),
		post("/devices/:id/rename", admin, s.renameDevice),
		post("/devices/:id/note", admin, s.noteDevice),
		post("/devices/:id/proxy", admin, s.proxyDevice),
		post("/devices/:id/default", admin, s.defaultDeviceSubmit),
		post("/devices/:id/pair", operator, s.pairPhone),
		proven(post("/devices/:id/reveal", operator, s.revealKey)),
		post("/devices/:id/passkey", operator, s.answerPasskey),
		post("/devices/:id/passkey-confirm", operator, s.confirmPasskey),
	}
	list = append(list, s.peopleRoutes()...)
	list = append(list, s.aboutRoutes()...)
	list = append(list, s.apiRoutes()...)
	list = append(list, s.systemRoutes()...)
	list = append(list, s.doorRoutes()...)
	list = append(list, s.settingsRoutes()...)
	list = append(list, s.referenceRoutes()...)
	if s.cfg.Sandbox != nil {
		list = append(list, s.sandboxRoutes()...)
	}
	return list
}

// doorRoutes are the keys and scan links of a device, and what a scan link opens.
func (s *Server) doorRoutes() []route {
	return []route{
		proven(post("/devices/:id/keys", operator, s.createKey)),
		proven(post("/devices/:id/keys/:key/reveal", operator, s.revealOneKey)),
		proven(post("/devices/:id/keys/:key/rotate", operator, s.rotateKey)),
		post("/devices/:id/keys/:key/revoke", operator, s.revokeKey),
		post("/devices/:id/scan-links", operator, s.createScanLink),
		post("/devices/:id/scan-links/:link/revoke", operator, s.revokeScanLink),

		get("/scan/:token", scanLink, s.scanPage),
		get("/scan/:token/events", scanLink, s.scanEvents),
		post("/scan/:token/start", scanLink, s.scanStart),
		post("/scan/:token/pair", scanLink, s.scanPair),
	}
}

// apiRoute is one call of the API on a device.
type apiRoute struct {
	path string
	does apiDoes
	do   apiHandler
}

// apiCalls are the calls of programs on a device.
func (s *Server) apiCalls() []apiRoute {
	return []apiRoute{
		// The specification's five.
		{"/api/serviceStart", changes, s.apiServiceStart},
		{"/api/serviceDestroy", changes, s.apiServiceDestroy},
		{"/api/getQR", reads, s.apiGetQR},
		{"/api/getState", reads, s.apiGetState},
		{"/api/getWWebVersion", reads, s.apiGetWWebVersion},

		// Our own.
		{"/api/serviceRestart", changes, s.apiServiceRestart},
		{"/api/serviceLogout", changes, s.apiServiceLogout},
		{"/api/getDevice", reads, s.apiGetDevice},
		{"/api/getPairCode", changes, s.apiGetPairCode},
		{"/api/getPasskeyRequest", reads, s.apiGetPasskeyRequest},
		{"/api/sendPasskeyResponse", changes, s.apiSendPasskeyResponse},
		{"/api/confirmPasskey", changes, s.apiConfirmPasskey},
		{"/api/events", reads, s.apiEvents},
	}
}

// apiRoutes are these calls as routes. All of them answer GET and POST alike, because that
// is what existing clients send.
func (s *Server) apiRoutes() []route {
	var list []route
	for _, c := range s.apiCalls() {
		do := s.withKey(c.does, c.do)
		list = append(list, get(c.path, apiKey, do), post(c.path, apiKey, do))
	}
	return list
}

// proven makes a route ask for the password or a passkey again when that is more than
// proofLasts ago: what could hand over the installation to who has copied a cookie.
func proven(r route) route {
	r.proven = true
	return r
}

func get(path string, may permission, do echo.HandlerFunc) route {
	return route{method: http.MethodGet, path: path, may: may, do: do}
}

func post(path string, may permission, do echo.HandlerFunc) route {
	return route{method: http.MethodPost, path: path, may: may, do: do}
}
