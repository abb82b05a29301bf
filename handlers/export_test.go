package handlers

// RouteInfo is a route as tests see it.
type RouteInfo struct {
	Method, Path, May string
	Proven            bool
}

// Routes lists the routes of the server.
func (s *Server) Routes() []RouteInfo {
	var list []RouteInfo
	for _, r := range s.routes() {
		list = append(list, RouteInfo{r.Method, r.Path, string(r.May), r.Proven})
	}
	return list
}

// Streams is the number of open event streams.
func (s *Server) Streams() int { return s.streams.Count() }

// CallInfo is a call of the API on a device as tests see it.
type CallInfo struct {
	Path    string
	Changes bool
}

// Calls lists the calls of the API on a device.
func (s *Server) Calls() []CallInfo {
	var list []CallInfo
	for _, c := range s.apiCalls() {
		list = append(list, CallInfo{c.path, c.does == changes})
	}
	return list
}
