package webhooks

import "wadah/handlers/web"

// Routes are those of webhooks: of a device for who runs it, of the installation for admins.
func (s *Pages) Routes() []web.Route {
	var list []web.Route
	for base, may := range map[string]web.Permission{"/webhooks": web.Admin, "/devices/:id/webhooks": web.Operator} {
		list = append(list,
			web.Get(base, may, s.list),
			web.Post(base, may, s.add),
			web.Get(base+"/:hook", may, s.open),
			web.Post(base+"/:hook/edit", may, s.edit),
			web.Post(base+"/:hook/pause", may, s.pause),
			web.Post(base+"/:hook/test", may, s.test),
			web.Post(base+"/:hook/rotate", may, s.rotate),
			web.Post(base+"/:hook/delete", may, s.remove),
			web.Post(base+"/:hook/replay", may, s.replay),
			web.Get(base+"/:hook/deliveries/:delivery", may, s.delivery),
		)
	}
	return list
}

// Routes are those of the built-in receiver.
func (r *Receiver) Routes() []web.Route {
	return []web.Route{
		web.Get("/webhooks/receiver", web.Admin, r.page),
		web.Post(receiverPath, web.Loopback, r.take),
	}
}
