package signin

import (
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
	"wadah/models"
	"wadah/models/rules"
)

const (
	slowest = 15 * time.Minute
	// sharedSlowest is the longest delay at a door that people share: none of them should
	// wait long for what another did.
	sharedSlowest = time.Minute
)

// guesses slow down whoever guesses passwords and codes.
type guesses struct {
	strangers *limit.Throttle
	own       *limit.Throttle // of known browsers, logins and second steps
}

func newGuesses() guesses { return guesses{limit.NewThrottle(), limit.NewThrottle()} }

// strangerDoors are the doors of an attempt to sign in from a browser nobody knows: this
// account from this network, the network, and the account, which warns only: nobody can
// close it for its owner.
func (s *Pages) strangerDoors(c echo.Context, name string) limit.Doors {
	account, networks := accountKey(name), s.networks(c)
	d := limit.Doors{
		Own:    limit.Door{Key: "both " + networks[0] + " " + account, Free: 5, Longest: slowest},
		Shared: []limit.Door{{Key: "network " + networks[0], Free: 20, Longest: sharedSlowest}},
		Warns:  limit.Door{Key: "account " + account, Free: 20},
	}
	for _, wide := range networks[1:] {
		d.Shared = append(d.Shared,
			limit.Door{Key: "both " + wide + " " + account, Free: 20, Longest: slowest},
			limit.Door{Key: "network " + wide, Free: 80, Longest: sharedSlowest})
	}
	return d
}

// ownDoor is one that nobody but the given browser or login comes to.
func ownDoor(kind, of string) limit.Doors {
	return limit.Doors{Own: limit.Door{Key: kind + " " + of, Free: 5, Longest: slowest}}
}

// attemptAs begins an attempt to be the user with this name, at the door of a browser that
// the user was signed in with before, or at those of strangers: also when its own is
// closed. User is nil when nobody has the name.
func (s *Pages) attemptAs(c echo.Context, user *models.User, name string) (*limit.Attempt, models.Asker, time.Duration) {
	if browser := s.logins.KnownBrowser(c, user); browser != "" {
		if a, wait := s.guesses.own.Attempt(s.now(), ownDoor("browser", browser)); wait == 0 {
			return a, models.Asker{}, 0
		}
	}
	a, wait := s.guesses.strangers.Attempt(s.now(), s.strangerDoors(c, name))
	return a, models.Stranger(s.networks(c)[0]), wait
}

// accountKey is what makes two spellings the same account, as in models.
func accountKey(name string) string {
	if len(name) > 200 {
		name = name[:200]
	}
	return rules.UserKey(name)
}

// networks are what a request came from, the narrowest first.
func (s *Pages) networks(c echo.Context) []string {
	return limit.Networks(s.Client(c.Request()))
}
