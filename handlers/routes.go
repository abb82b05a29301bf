package handlers

import "wadah/handlers/web"

// room is a part of the product with addresses of its own.
type room interface{ Routes() []web.Route }

// routes are all routes of the product, each with its permission: the rooms' and the few here.
func (s *Server) routes() []web.Route {
	list := []web.Route{
		web.Get("/api/openapi.yaml", web.Open, s.apiDescription),
		web.Get("/events", web.Viewer, s.live.serve),
	}
	for _, r := range s.rooms {
		list = append(list, r.Routes()...)
	}
	list = append(list, s.apiRoutes()...)
	list = append(list, s.systemRoutes()...)
	return append(list, s.referenceRoutes()...)
}
