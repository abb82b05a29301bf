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
	path  string
	does  effect
	takes []*parameter
	do    deviceHandler
}

// deviceCalls are the calls of programs on a device.
func (s *Calls) deviceCalls() []deviceRoute {
	return []deviceRoute{
		// The specification's five.
		{"/api/serviceStart", changes, nil, s.serviceStart},
		{"/api/serviceDestroy", changes, nil, s.serviceDestroy},
		{"/api/getQR", reads, []*parameter{qrWait, qrAs}, s.getQR},
		{"/api/getState", reads, nil, s.getState},
		{"/api/getWWebVersion", reads, nil, s.getWWebVersion},

		// Our own.
		{"/api/serviceRestart", changes, nil, s.serviceRestart},
		{"/api/serviceLogout", changes, nil, s.serviceLogout},
		{"/api/getDevice", reads, nil, s.getDevice},
		{"/api/getPairCode", changes, []*parameter{pairNumber, pairRenew}, s.getPairCode},
		{"/api/getPasskeyRequest", reads, nil, s.getPasskeyRequest},
		{"/api/sendPasskeyResponse", changes, []*parameter{passkeyResponse}, s.sendPasskeyResponse},
		{"/api/confirmPasskey", changes, nil, s.confirmPasskey},
		{"/api/events", reads, nil, s.events},
	}
}

// deviceRoutes are these calls as routes. All of them answer GET and POST alike, because that
// is what existing clients send.
func (s *Calls) deviceRoutes() []web.Route {
	var list []web.Route
	for _, c := range s.deviceCalls() {
		do := s.withKey(c)
		list = append(list, web.Get(c.path, web.APIKey, do), web.Post(c.path, web.APIKey, do))
	}
	return list
}
