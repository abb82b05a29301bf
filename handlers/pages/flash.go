package pages

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	"wadah/views"
)

const (
	flashCookie = "wadah_flash"
	flashLast   = time.Minute
)

// SetFlash leaves a notice for the next page of this browser. Only its name and the
// thing's name travel, so nobody can put words into our mouth.
func (r *Renderer) SetFlash(c echo.Context, n views.Notice, name string) {
	r.leaveFlash(c, string(n)+"|"+url.QueryEscape(name))
}

// SetProblem leaves a refusal for the next page, by its code (views.Lang.Invalid).
func (r *Renderer) SetProblem(c echo.Context, code string) { r.leaveFlash(c, "!"+code) }

func (r *Renderer) leaveFlash(c echo.Context, value string) {
	r.SetCookie(c, flashCookie, value, time.Now().Add(flashLast))
}

// takeFlash is the message left for this page, which then is no longer there.
func (r *Renderer) takeFlash(c echo.Context, lang views.Lang) *views.Flash {
	value := web.CookieValue(c, flashCookie)
	if value == "" {
		return nil
	}
	r.DropCookie(c, flashCookie)
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
