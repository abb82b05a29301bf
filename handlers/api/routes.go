package api

import (
	"wadah/handlers/api/openapi"
	"wadah/handlers/web"
)

// Routes are all calls and their description.
func (s *Calls) Routes() []web.Route {
	list := []web.Route{web.Get("/api/openapi.yaml", web.Open, openapi.Serve)}
	return append(append(list, s.deviceRoutes()...), s.systemRoutes()...)
}

// deviceRoute is one call of the API on a device.
type deviceRoute struct {
	path string
	does effect
	do   deviceHandler
}

// deviceRoutes are the calls of programs on a device.
func (s *Calls) deviceCalls() []deviceRoute {
	return []deviceRoute{
		// The specification's five.
		{"/api/serviceStart", changes, s.serviceStart},
		{"/api/serviceDestroy", changes, s.serviceDestroy},
		{"/api/getQR", reads, s.getQR},
		{"/api/getState", reads, s.getState},
		{"/api/getWWebVersion", reads, s.getWWebVersion},

		// Our own.
		{"/api/serviceRestart", changes, s.serviceRestart},
		{"/api/serviceLogout", changes, s.serviceLogout},
		{"/api/getDevice", reads, s.getDevice},
		{"/api/getPairCode", changes, s.getPairCode},
		{"/api/getPasskeyRequest", reads, s.getPasskeyRequest},
		{"/api/sendPasskeyResponse", changes, s.sendPasskeyResponse},
		{"/api/confirmPasskey", changes, s.confirmPasskey},
		{"/api/events", reads, s.events},
	}
}

// deviceRoutes are these calls as routes. All of them answer GET and POST alike, because that
// is what existing clients send.
func (s *Calls) deviceRoutes() []web.Route {
	var list []web.Route
	for _, c := range s.deviceCalls() {
		do := s.withKey(c.does, c.do)
		list = append(list, web.Get(c.path, web.APIKey, do), web.Post(c.path, web.APIKey, do))
	}
	return list
}
