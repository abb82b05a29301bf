package signin

import (
	"time"

	"wadah/handlers/audit"
	"wadah/handlers/pages"
	"wadah/handlers/visitor"
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
