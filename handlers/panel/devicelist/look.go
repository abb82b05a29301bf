package devicelist

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/web"
	deviceviews "wadah/views/device"
)

// look is how much of the list is seen at once. The browser remembers it, and not the account:
// it goes with the screen.
type look struct {
	rows  int // on a page
	dense bool
}

const (
	rowsCookie  = "wadah_rows"
	denseCookie = "wadah_dense"
	lookLasts   = 365 * 24 * time.Hour

	defaultRows = 50
)

// lookOf is the look that the browser remembers.
func lookOf(c echo.Context) look {
	l := look{rows: defaultRows, dense: web.CookieValue(c, denseCookie) == "yes"}
	if n, ok := pageLength(web.CookieValue(c, rowsCookie)); ok {
		l.rows = n
	}
	return l
}

// pageLength reads one of the lengths that there are.
func pageLength(text string) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && slices.Contains(deviceviews.PageLengths, n)
}

// setLook has the browser remember how long pages are and how high rows, and goes back to the
// list.
func (s *Pages) setLook(c echo.Context) error {
	lasts := time.Now().Add(lookLasts)
	if n, ok := pageLength(c.FormValue("rows")); ok {
		s.SetCookie(c, rowsCookie, strconv.Itoa(n), lasts)
	}
	if dense := c.FormValue("dense"); dense == "yes" || dense == "no" {
		s.SetCookie(c, denseCookie, dense, lasts)
	}
	return c.Redirect(http.StatusSeeOther, web.OwnPath(c.FormValue("next"), "/devices"))
}
