package handlers

import "wadah/handlers/web"

// RouteInfo is a route as tests see it.
type RouteInfo struct {
	Method, Path, May string
	Proven            bool
}

// Routes lists the routes of the server.
func (s *Server) Routes() []RouteInfo {
	var list []RouteInfo
	for _, r := range s.mounted {
		list = append(list, RouteInfo{r.Method, r.Path, string(r.May), r.Proven})
	}
	return list
}

// Mounted are the routes of the server.
func (s *Server) Mounted() []web.Route { return s.mounted }

// Streams is the number of open event streams.
func (s *Server) Streams() int { return s.streams.Count() }
