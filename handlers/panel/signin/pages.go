package signin

import (
	"time"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
)

// Pages are how people come in and prove who they are: set-up, signing in with its steps, and
// proving again what could hand over the installation.
type Pages struct {
	*pages.Renderer
	store   *models.Store
	logins  *visitor.Logins
	trail   *audit.Trail
	first   *firstRun
	guesses guesses
	now     func() time.Time // the clock by which people sign in
}

// New makes the pages. The set-up page opens with the token; "" makes a random one.
func New(renderer *pages.Renderer, store *models.Store, logins *visitor.Logins, trail *audit.Trail, setupToken string, now func() time.Time) *Pages {
	return &Pages{renderer, store, logins, trail, newFirstRun(setupToken), newGuesses(), now}
}

// Routes are those of who is not signed in yet, and of who proves it again.
func (s *Pages) Routes() []web.Route {
	return []web.Route{
		web.Get("/setup", web.Setup, s.setupForm),
		web.Post("/setup", web.Setup, s.setupSubmit),
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
