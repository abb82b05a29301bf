package handlers

import (
	"io"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"

	"wadah/handlers/limit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
)

// front is what stands before the router: it reads what proxies say and how programs spell
// the API's addresses, limits each client, refuses other names than ours, and says that the
// site wants TLS. It must cost next to nothing.
type front struct {
	site      *web.Site
	answers   *web.Answers
	addresses *limit.Rates[netip.Addr] // requests by client, IPv6 by network
	echo      *echo.Echo
}

// newFront makes one without routes. Echo's own logger is silent: what matters is logged
// elsewhere.
func newFront(site *web.Site, answers *web.Answers, limits limit.Limits) *front {
	e := echo.New()
	e.HideBanner = true
	e.Logger.SetOutput(io.Discard)
	e.HTTPErrorHandler = answers.HandleError
	if site.Base() != "" {
		e.Use(site.PlaceHeaders)
	}
	return &front{site, answers, limit.NewRates[netip.Addr](limits.AddressRate, limits.AddressBurst), e}
}

// ServeHTTP answers a request, or turns it away.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn := limit.ConnOf(r.Context())
	conn.Begin()
	defer conn.End()
	f.site.FromProxy(r)
	f.site.Enter(r)
	mendPath(r)
	if f.site.Secure(r) && f.site.Base() == "" { // below a path the name is not ours alone
		w.Header()["Strict-Transport-Security"] = transportSecurity
	}
	page := f.site.AllowOrigin(w.Header(), r)
	if !isProbe(r) {
		if wait := f.addresses.Take(limit.Network(f.site.Client(r))); wait > 0 {
			f.turnAway(w, r, web.TooMany(wait))
			return
		}
		if !f.site.IsOurs(r.Host) {
			f.turnAway(w, r, f.site.RefuseHost(r))
			return
		}
	}
	if page && web.IsPreflight(r) {
		web.AllowCalls(w)
		return
	}
	f.echo.ServeHTTP(w, r)
}

// transportSecurity tells browsers that have come over TLS once to stay with it.
var transportSecurity = []string{"max-age=31536000"}

// isProbe reports whether r is a monitor's question, which no limit may answer and which
// often comes by another name.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// turnAway answers a failure without finding out who asks, which would cost a query.
func (f *front) turnAway(w http.ResponseWriter, r *http.Request, why *web.Failure) {
	c := f.echo.NewContext(r, w)
	visitor.Stranger(c).Remember(c)
	f.answers.HandleError(why, c)
}

// mendPath reads a call of the API as it was meant: programs that glue addresses together
// ask for //api/getState, /api//getState or /api/getState/.
func mendPath(r *http.Request) {
	if path, mended := apiPath(r.URL.Path); mended && r.URL.RawPath == "" {
		r.URL.Path = path
	}
}

// apiPath is a path without doubled slashes and without one at its end, when it then is
// one of the API and was not before.
func apiPath(path string) (mended string, changed bool) {
	if !strings.Contains(path, "//") && !strings.HasSuffix(path, "/") {
		return path, false
	}
	var b strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			b.WriteString("/" + part)
		}
	}
	mended = b.String()
	return mended, mended == "/api" || strings.HasPrefix(mended, "/api/")
}
