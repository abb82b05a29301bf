package scan

import "wadah/handlers/web"

// Routes are what a link opens.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/scan/:token", web.ScanLink, s.show),
		web.Get("/scan/:token/events", web.ScanLink, s.events),
		web.Post("/scan/:token/start", web.ScanLink, s.start),
		web.Post("/scan/:token/pair", web.ScanLink, s.pair),
	}
}
