package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/models"
	"wadah/views"
)

const (
	flashCookie = "wadah_flash"

	prefsLast = 365 * 24 * time.Hour
	flashLast = time.Minute
)

// setPrefs stores the language, theme or time zone a visitor chose, in the browser
// and, for who is signed in, in the account.
func (s *Server) setPrefs(c echo.Context) error {
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
		s.setFlash(c, views.NoticePrefsSaved, "")
		return c.Redirect(http.StatusSeeOther, "/account")
	}
	return c.Redirect(http.StatusSeeOther, web.OwnPath(c.FormValue("next"), "/"))
}

// zoneRefused says that there is no such zone, at the field of the account.
func (s *Server) zoneRefused(c echo.Context) error {
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

func (s *Server) keepPref(c echo.Context, name, value string) {
	s.site.SetCookie(c, name, value, time.Now().Add(prefsLast))
}

// setFlash leaves a notice for the next page of this browser. Only its name and the
// thing's name travel, so nobody can put words into our mouth.
func (s *Server) setFlash(c echo.Context, n views.Notice, name string) {
	s.leaveFlash(c, string(n)+"|"+url.QueryEscape(name))
}

// setProblem leaves a refusal for the next page, by its code (views.Lang.Invalid).
func (s *Server) setProblem(c echo.Context, code string) { s.leaveFlash(c, "!"+code) }

func (s *Server) leaveFlash(c echo.Context, value string) {
	s.site.SetCookie(c, flashCookie, value, time.Now().Add(flashLast))
}

// takeFlash is the message left for this page, which then is no longer there.
func (s *Server) takeFlash(c echo.Context, lang views.Lang) *views.Flash {
	value := web.CookieValue(c, flashCookie)
	if value == "" {
		return nil
	}
	s.site.DropCookie(c, flashCookie)
	if code, ok := strings.CutPrefix(value, "!"); ok {
		return &views.Flash{Tone: views.ToneDanger, Text: lang.Invalid(code)}
	}
	notice, escaped, _ := strings.Cut(value, "|")
	name, err := url.QueryUnescape(escaped)
	if err != nil {
		return nil
	}
	if views.Notice(notice) == views.NoticeRecoveryUsed {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil
		}
		return lang.Notice(views.NoticeRecoveryUsed, "Count", n)
	}
	return lang.Notice(views.Notice(notice), "Name", name)
}
