package visitor

import (
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/audit"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/session"
	"wadah/views"
)

// Choices that a browser remembers.
const (
	LangCookie  = "wadah_lang"
	ThemeCookie = "wadah_theme"

	visitorKey = "visitor"
)

// Visitor is who made a request to the panel.
type Visitor struct {
	User *models.User // nil when nobody is signed in
	// Token opens the login, whose ID is LoginID.
	Token, LoginID string
	Scope          *Scope // the devices the user may see; nil when nobody is signed in
	Lang           views.Lang
	Theme          views.Theme
	Zone           Zone // of the times this visitor is shown
	// Proven is when the user gave the password or a passkey as the login was opened.
	Proven time.Time
	// ChosenZone is the name of the zone the visitor chose; "" follows the browser.
	ChosenZone string
}

// May reports whether the visitor's role includes p.
func (v *Visitor) May(p web.Permission) bool {
	if v.User == nil {
		return false
	}
	switch p {
	case web.Viewer:
		return true
	case web.Operator:
		return v.User.Role == models.RoleOperator || v.User.Role == models.RoleAdmin
	case web.Admin:
		return v.User.Role == models.RoleAdmin
	case web.Open, web.Anyone, web.Setup, web.APIKey, web.SystemSecret, web.ScanLink, web.Invited, web.Loopback:
	}
	return false
}

// Of is the visitor of a request that the guard has seen, or a stranger with
// the browser's preferences.
func Of(c echo.Context) *Visitor {
	if v, ok := c.Get(visitorKey).(*Visitor); ok {
		return v
	}
	return Stranger(c)
}

// isKnown reports whether a request has a visitor already.
func isKnown(c echo.Context) bool { return c.Get(visitorKey) != nil }

// Remember makes v the visitor of the request.
func (v *Visitor) Remember(c echo.Context) { c.Set(visitorKey, v) }

// Stranger is a visitor nobody knows, with what the browser prefers.
func Stranger(c echo.Context) *Visitor {
	v := &Visitor{Lang: views.MatchLang(c.Request().Header.Get("Accept-Language"))}
	v.prefer(web.CookieValue(c, LangCookie), web.CookieValue(c, ThemeCookie), web.CookieValue(c, ZoneCookie))
	return v
}

// prefer takes over a choice of language, theme and time zone; an empty one is none.
func (v *Visitor) prefer(lang, theme, zone string) {
	if l, ok := views.ParseLang(lang); ok {
		v.Lang = l
	}
	if t, ok := views.ParseTheme(theme); ok && theme != "" {
		v.Theme = t
	}
	if zone != "" {
		v.ChosenZone = zone
	}
}

// Entry is an audit entry about what the visitor did.
func Entry(c echo.Context, action audit.Action, deviceID, target string) models.AuditEntry {
	return audit.Entry(audit.User(Of(c).User.Name), action, deviceID, target)
}

// NoteRefusal writes down that somebody who is signed in asked for what that person may
// not do, or for a device that is not that person's. Devices that do not exist are
// no matter.
func NoteRefusal(c echo.Context, trail *audit.Trail, devices *session.Manager, why error, deviceID string) {
	v := Of(c)
	if v.User == nil || !errors.Is(why, web.ErrForbidden) && deviceID == "" {
		return
	}
	if deviceID != "" {
		if _, err := devices.Snapshot(deviceID); err != nil {
			return
		}
	}
	trail.Refused(c, audit.User(v.User.Name), deviceID)
}

// NoteView stores that the visitor is about to be shown a key or a system secret. No trace,
// no key.
func NoteView(c echo.Context, store *models.Store, secretID string) error {
	user := Of(c).User
	return store.NoteViews(c.Request().Context(), models.Viewer{ID: user.ID, Name: user.Name}, secretID)
}
