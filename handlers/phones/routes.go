package phones

import (
	"net/http"

	"wadah/handlers/web"
)

// Routes exist only beside a simulated WhatsApp in the same process.
func (s *Pages) Routes() []web.Route {
	list := []web.Route{
		web.Get("/phones", web.Viewer, s.show),
		web.Get("/components", web.Viewer, s.components),
		web.Post("/phones", web.Operator, s.add),
		web.Post("/phones/outage", web.Admin, s.setOutage), // this and the next two hit every device
		web.Post("/phones/fault", web.Admin, s.faultForAll),
		web.Post("/phones/calm", web.Admin, s.calmAll),
		web.Post("/phones/:number/scan", web.Operator, s.scan),
		web.Post("/phones/:number/code", web.Operator, s.enterCode),
		web.Post("/phones/:number/unlink", web.Operator, s.unlink),
		web.Post("/phones/:number/online", web.Operator, s.online),
		web.Post("/phones/:number/remove", web.Operator, s.remove),
		web.Post("/phones/:number/passkey", web.Operator, s.passkey),
		web.Post("/phones/:number/passkey/answer", web.Operator, s.answerPasskey),
		web.Post("/phones/:number/passkey/confirm", web.Operator, s.confirmPasskey),
		web.Post("/phones/:number/passkey/refuse", web.Operator, s.refusePasskey),
		web.Post("/phones/:number/fault", web.Operator, s.fault),
		web.Post("/phones/:number/calm", web.Operator, s.calm),
		web.Get("/phones/:number/chats", web.Operator, s.chats),
		web.Get("/phones/:number/chats/:chat", web.Operator, s.chat),
		web.Get("/phones/:number/chats/:chat/media", web.Operator, s.media),
		web.Post("/phones/:number/chats/:chat/send", web.Operator, s.write),
		web.Post("/phones/:number/chats/:chat/react", web.Operator, s.onChat(react)),
		web.Post("/phones/:number/chats/:chat/vote", web.Operator, s.onChat(vote)),
		web.Post("/phones/:number/chats/:chat/revoke", web.Operator, s.onChat(revoke)),
		web.Post("/phones/:number/chats/:chat/seen", web.Operator, s.onChat(seen)),
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		list = append(list, web.Route{Method: method, Path: "/sandbox/*", May: web.Loopback, Do: s.control})
	}
	return list
}
