package people

import "wadah/handlers/web"

// Routes are those of people. ":id" in a path always is a device, so people have ":user".
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/people", web.Admin, s.peoplePage),
		web.Proven(web.Post("/people", web.Admin, s.addPerson)),
		web.Proven(web.Post("/people/known-keys", web.Admin, s.settleKnownKeys)),
		web.Proven(web.Post("/people/invitations", web.Admin, s.invite)),
		web.Proven(web.Post("/people/invitations/:invitation/revoke", web.Admin, s.revokeInvitation)),
		web.Get("/people/:user", web.Admin, s.personPage),
		web.Proven(web.Post("/people/:user/role", web.Admin, s.setRole)),
		web.Proven(web.Post("/people/:user/devices", web.Admin, s.assignDevices)),
		web.Proven(web.Post("/people/:user/password", web.Admin, s.resetPassword)),
		web.Proven(web.Post("/people/:user/factors", web.Admin, s.removeFactors)),
		web.Proven(web.Post("/people/:user/logins", web.Admin, s.endPersonLogins)),
		web.Proven(web.Post("/people/:user/logins/:login", web.Admin, s.endPersonLogin)),
		web.Proven(web.Post("/people/:user/delete", web.Admin, s.deletePerson)),
	}
}
