package handlers

import (
	"net/http"
	"strings"

	"wadah/handlers/limit"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
)

// front is what stands before the router: it reads what proxies say and how programs spell
// the API's addresses, limits each client, refuses other names than ours, and says that the
// site wants TLS. It must cost next to nothing.
type front struct{ s *Server }

func (f front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := f.s
	conn := limit.ConnOf(r.Context())
	conn.Begin()
	defer conn.End()
	s.site.FromProxy(r)
	mendPath(r)
	if s.site.Secure(r) {
		w.Header()["Strict-Transport-Security"] = transportSecurity
	}
	page := s.site.AllowOrigin(w.Header(), r)
	if !isProbe(r) {
		if wait := s.limited.addresses.Take(limit.Network(s.site.Client(r))); wait > 0 {
			s.turnAway(w, r, web.TooMany(wait))
			return
		}
		if !s.site.IsOurs(r.Host) {
			s.turnAway(w, r, s.site.RefuseHost(r))
			return
		}
	}
	if page && web.IsPreflight(r) {
		web.AllowCalls(w)
		return
	}
	s.echo.ServeHTTP(w, r)
}

// transportSecurity tells browsers that have come over TLS once to stay with it.
var transportSecurity = []string{"max-age=31536000"}

// isProbe reports whether r is a monitor's question, which no limit may answer and which
// often comes by another name.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// turnAway answers a failure without finding out who asks, which would cost a query.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, f *web.Failure) {
	c := s.echo.NewContext(r, w)
	visitor.Stranger(c).Remember(c)
	s.answers.HandleError(f, c)
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
