package auditlog

import "wadah/handlers/web"

// Routes are those of the audit.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/audit", web.Admin, s.auditPage),
		web.Proven(web.Get("/audit.csv", web.Admin, s.auditCSV)),
		web.Proven(web.Get("/audit.json", web.Admin, s.auditJSON)),
	}
}
