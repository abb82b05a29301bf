package devicelist

import "wadah/handlers/web"

// Routes are those of the list.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/", web.Viewer, s.home),
		web.Get("/devices", web.Viewer, s.devicesPage),
		web.Post("/devices", web.Admin, s.addDevice),
		web.Post("/prefs/list", web.Viewer, s.setLook),
		web.Post("/devices/bulk", web.Operator, s.bulkAction),
	}
}
