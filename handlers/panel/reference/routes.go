package reference

import "wadah/handlers/web"

// Routes are the reference and its forms.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/reference", web.Viewer, s.referencePage),
		web.Post("/reference/try", web.Operator, s.tryCall), // the calls of the installation: admins, see tryCall
	}
}
