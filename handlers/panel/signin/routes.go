package signin

import "wadah/handlers/web"

// Routes are for people who are not signed in yet, and for those who prove it again.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/setup", web.Setup, s.setupForm),
		web.Post("/setup", web.Setup, s.setupSubmit),
		web.Get("/invite/:token", web.Invited, s.invitationForm),
		web.Post("/invite/:token", web.Invited, s.acceptInvitation),
		web.Get("/signin", web.Anyone, s.form),
		web.Post("/signin", web.Anyone, s.submit),
		web.Post("/signout", web.Anyone, s.signOut),
		web.Get("/confirm", web.Viewer, s.confirmForm),
		web.Post("/confirm", web.Viewer, s.confirmSubmit),
		web.Post("/confirm/passkey/begin", web.Viewer, s.beginPasskeyProof),
		web.Post("/confirm/passkey/finish", web.Viewer, s.finishPasskeyProof),
		web.Get("/signin/code", web.Anyone, s.codeForm),
		web.Post("/signin/code", web.Anyone, s.codeSubmit),
		web.Get("/signin/password", web.Anyone, s.newPasswordForm),
		web.Post("/signin/password", web.Anyone, s.newPasswordSubmit),
		web.Post("/signin/passkey/begin", web.Anyone, s.beginPasskeySignIn),
		web.Post("/signin/passkey/finish", web.Anyone, s.finishPasskeySignIn),
	}
}

// Routes are those of the account. Everybody may choose language, theme and time zone.
func (s *Account) Routes() []web.Route {
	return []web.Route{
		web.Post("/prefs", web.Anyone, s.setPrefs),
		web.Get("/account", web.Viewer, s.accountPage),
		web.Post("/account/password", web.Viewer, s.changePassword),
		web.Post("/account/prefs", web.Viewer, s.setPrefs),
		web.Post("/account/totp", web.Viewer, s.beginTOTP),
		web.Get("/account/totp", web.Viewer, s.enrolTOTP),
		web.Post("/account/totp/confirm", web.Viewer, s.confirmTOTP),
		web.Post("/account/totp/recovery", web.Viewer, s.newRecoveryCodes),
		web.Post("/account/totp/remove", web.Viewer, s.removeTOTP),
		web.Post("/account/logins", web.Viewer, s.endOtherLogins),
		web.Post("/account/logins/:login", web.Viewer, s.endOwnLogin),
		web.Post("/account/passkeys/begin", web.Viewer, s.beginPasskey),
		web.Post("/account/passkeys/finish", web.Viewer, s.finishPasskey),
		web.Post("/account/passkeys/:passkey/rename", web.Viewer, s.renamePasskey),
		web.Post("/account/passkeys/:passkey/remove", web.Viewer, s.removePasskey),
	}
}
