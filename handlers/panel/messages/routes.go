package messages

import "wadah/handlers/web"

// Routes are those of conversations. Who may read what was said is asked beside the role:
// see Pages.reader.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/devices/:id/messages", web.Viewer, s.list),
		web.Post("/devices/:id/messages", web.Viewer, s.search),
		web.Get("/devices/:id/messages/:chat", web.Viewer, s.open),
		web.Post("/devices/:id/messages/:chat/send", web.Operator, s.send),
		web.Post("/devices/:id/messages/:chat/react", web.Operator, s.react),
		web.Post("/devices/:id/messages/:chat/again", web.Operator, s.again),
		web.Post("/devices/:id/messages/:chat/seen", web.Operator, s.seen),
	}
}
