package visitor

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
)

const (
	loginCookie   = "wadah_login"
	loginIdle     = 12 * time.Hour
	loginLifetime = 30 * 24 * time.Hour

	// touchEvery is how often the use of a login is stored.
	touchEvery = time.Minute
)

// Logins are how people who are signed in are known: the only place that opens and ends
// logins. What ends one ends its event streams, too.
type Logins struct {
	store   *models.Store
	devices *session.Manager
	streams *live.Broadcaster
	site    *web.Site
	zones   *Zones
	now     func() time.Time
}

// NewLogins makes them; now is the clock by which people sign in.
func NewLogins(store *models.Store, devices *session.Manager, streams *live.Broadcaster, site *web.Site, zones *Zones, now func() time.Time) *Logins {
	return &Logins{store, devices, streams, site, zones, now}
}

// Recognise finds out who made a request. An ended, expired or unknown login is a
// stranger's; only a store that cannot be used is an error.
func (l *Logins) Recognise(c echo.Context) (*Visitor, error) {
	v, err := l.whoIs(c)
	if err != nil {
		return nil, err
	}
	return v, l.zones.Locate(c, v)
}

// Know makes whoever it is the visitor of a request that the guard has not seen, for the page that
// answers it. When that cannot be found out, it stays nobody's.
func (l *Logins) Know(c echo.Context) {
	if isKnown(c) {
		return
	}
	if v, err := l.Recognise(c); err == nil {
		v.Remember(c)
	}
}

// Ignore makes a stranger the visitor of a request, whoever is signed in.
func (l *Logins) Ignore(c echo.Context) error {
	v := Stranger(c)
	if err := l.zones.Locate(c, v); err != nil {
		return err
	}
	v.Remember(c)
	return nil
}

func (l *Logins) whoIs(c echo.Context) (*Visitor, error) {
	v, ctx := Stranger(c), c.Request().Context()
	token := web.CookieValue(c, loginCookie)
	if token == "" {
		return v, nil
	}
	login, err := l.store.Login(ctx, token)
	if errors.Is(err, models.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	user, err := l.store.User(ctx, login.UserID)
	if errors.Is(err, models.ErrNotFound) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	if v.Scope, err = ScopeOf(ctx, l.store, user); err != nil {
		return nil, err
	}
	web.Recognised(c)
	v.User, v.Token, v.LoginID, v.Proven = &user, token, login.ID, login.ProvenAt
	v.prefer(user.Lang, user.Theme, user.Zone)
	return v, l.extend(c, token, login)
}

// extend moves the idle limit of a login that is in use: at most once per touchEvery, for a
// limit of hours needs no write per click.
func (l *Logins) extend(c echo.Context, token string, login models.Login) error {
	expires := l.expiry(login.CreatedAt)
	if expires.Sub(login.ExpiresAt) < touchEvery {
		return nil
	}
	if err := l.store.ExtendLogin(c.Request().Context(), login.ID, expires); err != nil {
		return err
	}
	l.site.SetCookie(c, loginCookie, token, expires)
	return nil
}

// expiry is when a login ends that was opened at a time and is in use now.
func (l *Logins) expiry(opened time.Time) time.Time {
	idle, last := l.now().Add(loginIdle), opened.Add(loginLifetime)
	if last.Before(idle) {
		return last
	}
	return idle
}

// Open opens a new login for user in this browser, with a token nobody has seen,
// and ends the one the browser had. Proven is when the user gave the password or a passkey.
func (l *Logins) Open(c echo.Context, user models.User, proven time.Time) error {
	ctx := c.Request().Context()
	if err := l.end(ctx, web.CookieValue(c, loginCookie)); err != nil {
		return err
	}
	expires := l.expiry(l.now())
	token, err := l.store.OpenLogin(ctx, models.Login{
		UserID: user.ID, Address: l.site.ClientAddr(c), UserAgent: c.Request().UserAgent(), ProvenAt: proven, ExpiresAt: expires,
	})
	if err != nil {
		return err
	}
	l.site.SetCookie(c, loginCookie, token, expires)
	return l.rememberBrowser(c, user)
}

// end ends a login and its event streams; an unknown token is no error.
func (l *Logins) end(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	if err := l.store.EndLogin(ctx, token); err != nil {
		return err
	}
	l.streams.End(live.ByLogin, token)
	return nil
}

// StillMay reports whether a visitor's login is valid, the role is what it was and the
// stream's devices are still the visitor's, so that an open stream may go on. A store
// that does not answer is no reason to send everybody away.
func (l *Logins) StillMay(ctx context.Context, v *Visitor, device string) bool {
	if _, err := l.store.Login(ctx, v.Token); err != nil {
		return !errors.Is(err, models.ErrNotFound)
	}
	user, err := l.store.User(ctx, v.User.ID)
	if err != nil {
		return !errors.Is(err, models.ErrNotFound)
	}
	if user.Role != v.User.Role {
		return false
	}
	now, err := ScopeOf(ctx, l.store, user)
	return err != nil || v.Scope.stillSees(now, device, l.devices)
}

// Close ends the visitor's own login, in this browser.
func (l *Logins) Close(c echo.Context) error {
	if err := l.end(c.Request().Context(), Of(c).Token); err != nil {
		return err
	}
	l.site.DropCookie(c, loginCookie)
	return nil
}

// EndAll ends all logins of a user, and their streams.
func (l *Logins) EndAll(ctx context.Context, userID string) error {
	if err := l.store.EndLoginsOf(ctx, userID); err != nil {
		return err
	}
	l.EndStreams(userID)
	return nil
}

// EndOne ends a login. Streams do not know the login's ID, so all of that user
// end; those whose login is valid come back at once.
func (l *Logins) EndOne(ctx context.Context, userID, loginID string) error {
	if err := l.store.EndLoginOf(ctx, userID, loginID); err != nil {
		return err
	}
	l.EndStreams(userID)
	return nil
}

// Renew ends the user's logins and their streams, and opens a new one in this
// browser: what somebody may do, or proves it with, has changed. It proves nothing by
// itself.
func (l *Logins) Renew(c echo.Context) error {
	v, proven := Of(c), l.provenAt(c)
	if err := l.EndAll(c.Request().Context(), v.User.ID); err != nil {
		return err
	}
	return l.Open(c, *v.User, proven)
}

// Bound ends the logins of a user that are too many, those not used for longest first, and says
// how many.
func (l *Logins) Bound(ctx context.Context, userID string) (ended int, err error) {
	ended, err = l.store.BoundLogins(ctx, userID)
	if err == nil && ended > 0 {
		l.EndStreams(userID)
	}
	return ended, err
}

// EndStreams ends the event streams of a user: what may be seen has changed, or the logins
// have ended with something else. Those whose login is valid come back at once.
func (l *Logins) EndStreams(userID string) { l.streams.EndAllOf(live.ByLogin, userID) }
