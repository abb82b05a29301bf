package signin

import (
	"cmp"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

const (
	prefsLast = 365 * 24 * time.Hour
)

// setPrefs stores the language, theme or time zone a visitor chose, in the browser
// and, for people who are signed in, in the account.
func (s *Account) setPrefs(c echo.Context) error {
	v := visitor.Of(c)
	lang, theme, zone := v.Lang, v.Theme, v.ChosenZone
	if text := c.FormValue("zone"); text != "" {
		if _, ok := s.zones.Find(text); !ok && text != visitor.ZoneAuto {
			return s.zoneRefused(c)
		}
		zone = text
		s.keepPref(c, visitor.ZoneCookie, zone)
	}
	if chosen, ok := views.ParseLang(c.FormValue("lang")); ok {
		lang = chosen
		s.keepPref(c, visitor.LangCookie, string(lang))
	}
	if text := c.FormValue("theme"); text != "" {
		if chosen, ok := views.ParseTheme(text); ok {
			theme = chosen
			s.keepPref(c, visitor.ThemeCookie, themeName(theme))
		}
	}
	if v.User != nil {
		prefs := models.Prefs{Lang: string(lang), Theme: themeName(theme), Zone: cmp.Or(zone, visitor.ZoneAuto)}
		if err := s.store.SetUserPrefs(c.Request().Context(), v.User.ID, prefs); err != nil {
			return err
		}
	}
	if c.Path() == "/account/prefs" {
		s.SetFlash(c, views.NoticePrefsSaved, "")
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	return c.Redirect(http.StatusSeeOther, web.OwnPath(c.FormValue("next"), "/"))
}

// zoneRefused says that there is no such zone, at the field of the account.
func (s *Account) zoneRefused(c echo.Context) error {
	if c.Path() != "/account/prefs" {
		return visitor.ErrZoneUnknown()
	}
	return s.accountRefused(c, "zone", visitor.CodeZoneUnknown)
}

// themeName is a theme as it is stored: an empty text would mean that none was chosen.
func themeName(t views.Theme) string {
	if t == views.ThemeAuto {
		return "auto"
	}
	return string(t)
}

func (s *Account) keepPref(c echo.Context, name, value string) {
	s.SetCookie(c, name, value, time.Now().Add(prefsLast))
}
