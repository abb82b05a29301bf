package handlers

// peopleRoutes are about the people who use the panel: their accounts, how they sign
// in, and what they did. ":id" in a path always is a device, so people have ":user".
func (s *Server) peopleRoutes() []route {
	return []route{
		get("/signin/code", anyone, s.codeForm),
		post("/signin/code", anyone, s.codeSubmit),
		get("/signin/password", anyone, s.newPasswordForm),
		post("/signin/password", anyone, s.newPasswordSubmit),
		post("/signin/passkey/begin", anyone, s.beginPasskeySignIn),
		post("/signin/passkey/finish", anyone, s.finishPasskeySignIn),

		post("/account/totp", viewer, s.beginTOTP),
		get("/account/totp", viewer, s.enrolTOTP),
		post("/account/totp/confirm", viewer, s.confirmTOTP),
		post("/account/totp/recovery", viewer, s.newRecoveryCodes),
		post("/account/totp/remove", viewer, s.removeTOTP),
		post("/account/logins", viewer, s.endOtherLogins),
		post("/account/logins/:login", viewer, s.endOwnLogin),
		post("/account/passkeys/begin", viewer, s.beginPasskey),
		post("/account/passkeys/finish", viewer, s.finishPasskey),
		post("/account/passkeys/:passkey/rename", viewer, s.renamePasskey),
		post("/account/passkeys/:passkey/remove", viewer, s.removePasskey),

		get("/people", admin, s.peoplePage),
		proven(post("/people", admin, s.addPerson)),
		proven(post("/people/known-keys", admin, s.settleKnownKeys)),
		get("/people/:user", admin, s.personPage),
		proven(post("/people/:user/role", admin, s.setRole)),
		proven(post("/people/:user/devices", admin, s.assignDevices)),
		proven(post("/people/:user/password", admin, s.resetPassword)),
		proven(post("/people/:user/factors", admin, s.removeFactors)),
		proven(post("/people/:user/logins", admin, s.endPersonLogins)),
		proven(post("/people/:user/logins/:login", admin, s.endPersonLogin)),
		proven(post("/people/:user/delete", admin, s.deletePerson)),

		get("/audit", admin, s.auditPage),
		proven(get("/audit.csv", admin, s.auditCSV)),
		proven(get("/audit.json", admin, s.auditJSON)),
		post("/settings/retention", admin, s.setRetention),
	}
}
