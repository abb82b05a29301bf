package device

import (
	"wadah/handlers/web"
	"wadah/views"
)

// Routes are those of one device.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/devices/:id", web.Viewer, s.section(views.DeviceOverview)),
		web.Get("/devices/:id/keys", web.Viewer, s.section(views.DeviceKeys)),
		web.Get("/devices/:id/settings", web.Admin, s.section(views.DeviceSettings)),
		web.Get("/devices/:id/danger", web.Operator, s.section(views.DeviceDanger)),
		web.Get("/devices/:id/qr.png", web.Operator, s.deviceQR),
		web.Post("/devices/:id/start", web.Operator, s.startDevice),
		web.Post("/devices/:id/stop", web.Operator, s.stopDevice),
		web.Post("/devices/:id/restart", web.Operator, s.restartDevice),
		web.Get("/devices/:id/confirm/:action", web.Operator, s.confirmPage),
		web.Post("/devices/:id/logout", web.Operator, s.logoutDevice),
		web.Post("/devices/:id/delete", web.Admin, s.deleteDevice),
		web.Post("/devices/:id/settings", web.Admin, s.saveSettings),
		// What was a form of its own once, for who posts to it still.
		web.Post("/devices/:id/rename", web.Admin, s.saveSettings),
		web.Post("/devices/:id/note", web.Admin, s.saveSettings),
		web.Post("/devices/:id/proxy", web.Admin, s.saveSettings),
		web.Post("/devices/:id/default", web.Admin, s.defaultDeviceSubmit),
		web.Post("/devices/:id/pair", web.Operator, s.pairPhone),
		web.Post("/devices/:id/test", web.Operator, s.testMessage),
		web.Proven(web.Post("/devices/:id/reveal", web.Operator, s.revealKey)),
		web.Post("/devices/:id/passkey", web.Operator, s.answerPasskey),
		web.Post("/devices/:id/passkey-confirm", web.Operator, s.confirmPasskey),
		web.Proven(web.Post("/devices/:id/keys", web.Operator, s.createKey)),
		web.Proven(web.Post("/devices/:id/keys/:key/reveal", web.Operator, s.revealOneKey)),
		web.Proven(web.Post("/devices/:id/keys/:key/rotate", web.Operator, s.rotateKey)),
		web.Post("/devices/:id/keys/:key/revoke", web.Operator, s.revokeKey),
		web.Post("/devices/:id/scan-links", web.Operator, s.createScanLink),
		web.Post("/devices/:id/scan-links/:link/revoke", web.Operator, s.revokeScanLink),
	}
}
