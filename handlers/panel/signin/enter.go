package signin

import (
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

// enter signs in a user who has just proved everything that the account asks for, and says where
// to go on: to next, or to where a new password is chosen.
func (s *Pages) enter(c echo.Context, user models.User, how audit.Action, next string) (to string, err error) {
	if user.PasswordDue {
		return stepURL("/signin/password", next), passwordPending.begin(s, c, passwordStep{user.ID, user.PasswordAt, how})
	}
	if err := s.logins.Open(c, user, s.now()); err != nil {
		return "", err
	}
	s.trail.Note(c, audit.Entry(audit.User(user.Name), how, "", ""))
	return web.OwnPath(next, "/devices"), s.boundLogins(c, user)
}

// boundLogins ends the logins of a user that are too many, and says so.
func (s *Pages) boundLogins(c echo.Context, user models.User) error {
	ended, err := s.logins.Bound(c.Request().Context(), user.ID)
	if err != nil || ended == 0 {
		return err
	}
	s.trail.Note(c, audit.Entry(audit.User(user.Name), audit.LoginFull, "", ""))
	s.SetFlash(c, views.NoticeLoginsFull, strconv.Itoa(models.MaxLogins))
	return nil
}

// stepURL is a further step of signing in, from where next is kept in mind.
func stepURL(path, next string) string {
	if next = web.OwnPath(next, ""); next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}
