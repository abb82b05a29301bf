package handlers

import "wadah/handlers/web"

// routes lists every route of the product with its permission. Nothing registers
// itself elsewhere.
func (s *Server) routes() []web.Route {
	list := []web.Route{
		// Probes and files.
		web.Get("/healthz", web.Open, s.healthz),
		web.Get("/readyz", web.Open, s.readyz),
		web.Get("/api/openapi.yaml", web.Open, s.apiDescription),

		// Doors.

		// Panel.
		web.Get("/", web.Viewer, s.home),
		web.Get("/events", web.Viewer, s.pageEvents),

		web.Get("/devices", web.Viewer, s.devicesPage),
		web.Post("/devices", web.Admin, s.addDevice),
		web.Post("/devices/bulk", web.Operator, s.bulkAction),
		web.Get("/devices/:id", web.Viewer, s.devicePage),
		web.Get("/devices/:id/qr.png", web.Operator, s.deviceQR),
		web.Post("/devices/:id/start", web.Operator, s.startDevice),
		web.Post("/devices/:id/stop", web.Operator, s.stopDevice),
		web.Post("/devices/:id/restart", web.Operator, s.restartDevice),
		web.Get("/devices/:id/confirm/:action", web.Operator, s.confirmPage),
		web.Post("/devices/:id/logout", web.Operator, s.logoutDevice),
		web.Post("/devices/:id/delete", web.Admin, s.deleteDevice),
		web.Post("/devices/:id/rename", web.Admin, s.renameDevice),
		web.Post("/devices/:id/note", web.Admin, s.noteDevice),
		web.Post("/devices/:id/proxy", web.Admin, s.proxyDevice),
		web.Post("/devices/:id/default", web.Admin, s.defaultDeviceSubmit),
		web.Post("/devices/:id/pair", web.Operator, s.pairPhone),
		web.Proven(web.Post("/devices/:id/reveal", web.Operator, s.revealKey)),
		web.Post("/devices/:id/passkey", web.Operator, s.answerPasskey),
		web.Post("/devices/:id/passkey-confirm", web.Operator, s.confirmPasskey),
	}
	list = append(list, s.files.Routes()...)
	list = append(list, s.peopleRoutes()...)
	list = append(list, s.aboutRoutes()...)
	list = append(list, s.apiRoutes()...)
	list = append(list, s.systemRoutes()...)
	list = append(list, s.doorRoutes()...)
	list = append(list, s.signin.Routes()...)
	list = append(list, s.account.Routes()...)
	list = append(list, s.scan.Routes()...)
	list = append(list, s.settingsRoutes()...)
	list = append(list, s.referenceRoutes()...)
	if s.phones != nil {
		list = append(list, s.phones.Routes()...)
	}
	return list
}

// doorRoutes are the keys and scan links of a device.
func (s *Server) doorRoutes() []web.Route {
	return []web.Route{
		web.Proven(web.Post("/devices/:id/keys", web.Operator, s.createKey)),
		web.Proven(web.Post("/devices/:id/keys/:key/reveal", web.Operator, s.revealOneKey)),
		web.Proven(web.Post("/devices/:id/keys/:key/rotate", web.Operator, s.rotateKey)),
		web.Post("/devices/:id/keys/:key/revoke", web.Operator, s.revokeKey),
		web.Post("/devices/:id/scan-links", web.Operator, s.createScanLink),
		web.Post("/devices/:id/scan-links/:link/revoke", web.Operator, s.revokeScanLink),
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
func (s *Server) apiRoutes() []web.Route {
	var list []web.Route
	for _, c := range s.apiCalls() {
		do := s.withKey(c.does, c.do)
		list = append(list, web.Get(c.path, web.APIKey, do), web.Post(c.path, web.APIKey, do))
	}
	return list
}
