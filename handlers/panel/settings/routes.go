package settings

import "wadah/handlers/web"

// Routes are those of the settings.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/settings", web.Admin, s.settingsPage),
		web.Post("/settings/times", web.Admin, s.setTimes),
		web.Post("/settings/version/check", web.Admin, s.checkVersion),
		web.Post("/settings/zone", web.Admin, s.setZone),
		web.Post("/settings/retention", web.Admin, s.setRetention),
		web.Post("/settings/readers", web.Admin, s.setReaders),
		web.Post("/settings/messages", web.Admin, s.setKeep),
		web.Post("/settings/erase", web.Admin, s.erase),
		web.Post("/settings/brand", web.Admin, s.setBrand),
		web.Post("/settings/linked-name", web.Admin, s.setLinkedName),
		web.Proven(web.Post("/settings/secret", web.Admin, s.rotateSecret)),
		web.Proven(web.Post("/settings/secret/revoke", web.Admin, s.revokeSecrets)),
		web.Proven(web.Post("/settings/secret/:secret/reveal", web.Admin, s.revealSecret)),
	}
}
