package handlers

import "wadah/handlers/web"

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
