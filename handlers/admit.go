package handlers

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"wadah/handlers/visitor"
	"wadah/handlers/web"
)

// admit lets the visitor pass, sends somebody who has to sign in or set up first
// there, or refuses. Whom a handler marked setup or anyone serves, it decides itself.
func (g *guard) admit(c echo.Context, may web.Permission, v *visitor.Visitor) error {
	if may == web.Setup || may == web.Anyone {
		return nil
	}
	if v.User != nil {
		if v.May(may) {
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
	if sent, err := g.signin.SendToSetup(c); sent || err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, signInURL(c))
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
