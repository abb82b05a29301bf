package visitor

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/models"
)

// A browser in which somebody was signed in keeps a token that says so, also after it was
// signed out: it has a door of its own, which no failures elsewhere can close, and its
// passwords are checked before those of strangers. The token opens nothing.
// https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
const (
	knownCookie = "wadah_known"
	// knownPath is the only place where the browser shows it.
	knownPath = "/signin"
	// knownPeople is how many people one browser may be known to.
	knownPeople = 5

	purposeKnown = "known browser"
	knownLasts   = 365 * 24 * time.Hour
)

// KnownBrowser is under which name a browser is known to a user; "" when it is not. Nobody
// (nil) takes the same work: it must not show which names there are.
func (l *Logins) KnownBrowser(c echo.Context, user *models.User) (name string) {
	owner := "nobody"
	if user != nil {
		owner = user.ID
	}
	for _, token := range knownTokens(c) {
		if plain, err := l.store.Unseal(purposeKnown, owner, token); err == nil && name == "" {
			name = plain
		}
	}
	return name
}

func knownTokens(c echo.Context) []string {
	value := web.CookieValue(c, knownCookie)
	if value == "" {
		return nil
	}
	tokens := strings.Split(value, ".")
	return tokens[:min(len(tokens), knownPeople)]
}

// rememberBrowser makes the browser known to the user who has just signed in, under a new name.
func (l *Logins) rememberBrowser(c echo.Context, user models.User) error {
	token, err := l.store.Seal(purposeKnown, user.ID, rand.Text())
	if err != nil {
		return err
	}
	tokens := []string{token}
	for _, other := range knownTokens(c) {
		if _, err := l.store.Unseal(purposeKnown, user.ID, other); err != nil && len(tokens) < knownPeople {
			tokens = append(tokens, other)
		}
	}
	l.site.SetCookieAt(c, knownPath, knownCookie, strings.Join(tokens, "."), l.now().Add(knownLasts))
	return nil
}
