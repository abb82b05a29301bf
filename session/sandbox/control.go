package sandbox

import "net/http"

// ControlHandler is the JSON control API.
func (s *Service) ControlHandler() http.Handler { return http.NotFoundHandler() }
