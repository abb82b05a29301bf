package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/live"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

const (
	loginCookie   = "wadah_login"
	loginIdle     = 12 * time.Hour
	loginLifetime = 30 * 24 * time.Hour

	// seenKey holds when a login was last used, in Unix seconds. It is stored at most
	// once per touchEvery: an idle limit of hours needs no write per click.
	seenKey    = "seen"
	touchEvery = time.Minute

	visitorKey = "visitor"
)

// newLogins keeps the panel's logins. Its cookie settings are not used: the Secure
// flag depends on the request, so setLoginCookie writes the cookie.
func newLogins(store *models.Store) *scs.SessionManager {
	// Not scs.New: it starts a goroutine for a store in memory, which never ends.
	return &scs.SessionManager{Store: store.Logins(), IdleTimeout: loginIdle, Lifetime: loginLifetime, Codec: scs.GobCodec{}}
}

// visitor is who made a request to the panel.
type visitor struct {
	user  *models.User // nil when nobody is signed in
	token string       // of the login
	scope *scope       // the devices the user may see; nil when nobody is signed in
	lang  views.Lang
	theme views.Theme
	zone  zone // of the times this visitor is shown
	// proven is when the user gave the password or a passkey as the login was opened.
	proven time.Time
	// chosenZone is the name of the zone the visitor chose; "" follows the browser.
	chosenZone string
}

// may reports whether the visitor's role includes p.
func (v *visitor) may(p web.Permission) bool {
	if v.user == nil {
		return false
	}
	switch p {
	case web.Viewer:
		return true
	case web.Operator:
		return v.user.Role == models.RoleOperator || v.user.Role == models.RoleAdmin
	case web.Admin:
		return v.user.Role == models.RoleAdmin
	case web.Open, web.Anyone, web.Setup, web.APIKey, web.SystemSecret, web.ScanLink, web.Loopback:
	}
	return false
}

// visitorOf is the visitor of a request that withVisitor has seen, or a stranger with
// the browser's preferences.
func visitorOf(c echo.Context) *visitor {
	if v, ok := c.Get(visitorKey).(*visitor); ok {
		return v
	}
	return stranger(c)
}

// byUser is an audit entry about what the visitor did.
func byUser(c echo.Context, action audit.Action, deviceID, target string) models.AuditEntry {
	return audit.Entry(audit.User(visitorOf(c).user.Name), action, deviceID, target)
}

// recognise finds out who made a request. An ended, expired or unknown login is a
// stranger's; only a store that cannot be used is an error.
func (s *Server) recognise(c echo.Context) (*visitor, error) {
	v, err := s.whoIs(c)
	if err != nil {
		return nil, err
	}
	return v, s.locate(c, v)
}

func (s *Server) whoIs(c echo.Context) (*visitor, error) {
	v := stranger(c)
	token := web.CookieValue(c, loginCookie)
	if token == "" {
		return v, nil
	}
	ctx, err := s.logins.Load(c.Request().Context(), token)
	if err != nil {
		return nil, err
	}
	user, err := s.store.User(ctx, s.logins.GetString(ctx, models.LoginUserID))
	if errors.Is(err, models.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	if v.scope, err = s.scopeOf(ctx, user); err != nil {
		return nil, err
	}
	web.Recognised(c)
	v.user, v.token = &user, token
	v.proven = time.UnixMilli(s.logins.GetInt64(ctx, provenKey))
	v.prefer(user.Lang, user.Theme, user.Zone)
	return v, s.touch(ctx, c)
}

// touch records that a login is in use, which moves its idle limit.
func (s *Server) touch(ctx context.Context, c echo.Context) error {
	now := time.Now()
	// A clock that was set back since makes the age negative.
	if age := now.Sub(time.Unix(s.logins.GetInt64(ctx, seenKey), 0)); age >= 0 && age < touchEvery {
		return nil
	}
	s.logins.Put(ctx, seenKey, now.Unix())
	token, expires, err := s.logins.Commit(ctx)
	if err != nil {
		return err
	}
	s.site.SetCookie(c, loginCookie, token, expires)
	return nil
}

// signIn opens a new login for user in this browser, with a token nobody has seen,
// and ends the one the browser had. Proven is when the user gave the password or a passkey.
func (s *Server) signIn(c echo.Context, user models.User, proven time.Time) error {
	if old, err := c.Cookie(loginCookie); err == nil {
		if err := s.endLogin(c.Request().Context(), old.Value); err != nil {
			return err
		}
	}
	ctx, err := s.logins.Load(c.Request().Context(), "")
	if err != nil {
		return err
	}
	s.logins.Put(ctx, models.LoginUserID, user.ID)
	s.logins.Put(ctx, models.LoginAddress, s.site.ClientAddr(c))
	s.logins.Put(ctx, models.LoginUserAgent, c.Request().UserAgent())
	s.logins.Put(ctx, seenKey, time.Now().Unix())
	s.logins.Put(ctx, provenKey, proven.UnixMilli())
	token, expires, err := s.logins.Commit(ctx)
	if err != nil {
		return err
	}
	s.site.SetCookie(c, loginCookie, token, expires)
	return s.rememberBrowser(c, user)
}

// endLogin ends a login and its event streams; an unknown token is no error.
func (s *Server) endLogin(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	if err := s.store.Logins().DeleteCtx(ctx, token); err != nil {
		return err
	}
	s.streams.End(live.ByLogin, token)
	return nil
}

// stillMay reports whether a visitor's login is valid, the role is what it was and the
// stream's devices are still the visitor's, so that an open stream may go on. A store
// that does not answer is no reason to send everybody away.
func (s *Server) stillMay(ctx context.Context, v *visitor, device string) bool {
	_, found, err := s.store.Logins().FindCtx(ctx, v.token)
	if err != nil || !found {
		return err != nil
	}
	user, err := s.store.User(ctx, v.user.ID)
	if err != nil {
		return !errors.Is(err, models.ErrNotFound)
	}
	if user.Role != v.user.Role {
		return false
	}
	now, err := s.scopeOf(ctx, user)
	return err != nil || s.stillSees(v.scope, now, device)
}

// admit lets the visitor pass, sends somebody who has to sign in or set up first
// there, or refuses. Whom a handler marked setup or anyone serves, it decides itself.
func (s *Server) admit(c echo.Context, may web.Permission, v *visitor) error {
	if may == web.Setup || may == web.Anyone {
		return nil
	}
	if v.user != nil {
		if v.may(may) {
			return nil
		}
		return web.ErrForbidden
	}
	if !isPage(c) {
		if c.Path() != "/events" {
			c.Response().Header().Set("HX-Redirect", "/signin")
		}
		return errSignedOut
	}
	if sent, err := s.sendToSetup(c); sent || err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signInURL(c))
}

// sendToSetup leads to the set-up while there is no user, and reports whether it did.
func (s *Server) sendToSetup(c echo.Context) (sent bool, err error) {
	needed, err := s.setup.needed(c.Request().Context(), s.store)
	if err != nil || !needed {
		return false, err
	}
	return true, c.Redirect(http.StatusSeeOther, "/setup")
}

// isPage reports whether a browser will show the answer as a page, so that it may be
// sent elsewhere. A stream or fragment would follow and take the page for its content.
func isPage(c echo.Context) bool {
	return c.Path() != "/events" && !web.IsFragment(c.Request())
}

// signInURL is the sign-in page, from where a reader comes back to this one.
func signInURL(c echo.Context) string {
	if !web.IsGet(c.Request()) || c.Path() == "/" {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(c.Request().URL.RequestURI())
}
