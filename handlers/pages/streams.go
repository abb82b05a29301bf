package pages

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"wadah/handlers/live"
	"wadah/handlers/visitor"
	"wadah/handlers/web"
	"wadah/views"
)

// Streams are the event streams of pages.
type Streams struct {
	*live.Broadcaster
	logins   *visitor.Logins
	perLogin int // how many streams a login may have open
	perLink  int // how many of one scan link
}

// NewStreams makes them; a login and a scan link may have so many open.
func NewStreams(all *live.Broadcaster, logins *visitor.Logins, perLogin, perLink int) *Streams {
	return &Streams{all, logins, perLogin, perLink}
}

// ServeVisitor serves a stream of the panel: it belongs to the visitor's login, shows what the
// visitor may see, and ends with either.
func (s *Streams) ServeVisitor(c echo.Context, watch live.Watch, show live.Show) error {
	v := visitor.Of(c)
	watch.Shows, watch.Most = v.Scope.Sees, s.perLogin
	watch.Owner = live.Owner{Kind: live.ByLogin, ID: v.Token, Of: v.User.ID}
	watch.Browser = v.Token
	show.May.Still = func(ctx context.Context) bool { return s.logins.StillMay(ctx, v, watch.Device) }
	return s.serve(c, watch, show)
}

// ServeGuest serves a stream of a page behind a scan link, to whom and for how long watch and
// show say.
func (s *Streams) ServeGuest(c echo.Context, watch live.Watch, show live.Show) error {
	watch.Most = s.perLink
	return s.serve(c, watch, show)
}

// hasFewLines reports whether a page says that its windows share few connections. Only the browser
// knows: a proxy may speak HTTP/2 with it, and HTTP/1.1 with us.
func hasFewLines(c echo.Context) bool { return c.QueryParam("lines") == "few" }

// serve serves a stream to a page: the first thing it says is the server's time, and
// it never stays silent for long.
func (s *Streams) serve(c echo.Context, watch live.Watch, show live.Show) error {
	if !hasFewLines(c) {
		watch.Browser = ""
	}
	if site := web.SiteOf(c); site.Base() != "" {
		show = placed(site, show)
	}
	show.Frames = live.Frames{
		Hello: views.Hello(time.Now()), Again: views.Again(), Ended: views.Ended(),
		Beat: func() []byte { return views.Beat(time.Now()) }, Pulse: views.BeatEvery,
	}
	return s.Serve(c, watch, show)
}

// placed is a show whose addresses have the base of the site.
func placed(site *web.Site, show live.Show) live.Show {
	in := func(frame func(context.Context) ([]byte, error)) func(context.Context) ([]byte, error) {
		return func(ctx context.Context) ([]byte, error) {
			b, err := frame(ctx)
			return site.Place(b), err
		}
	}
	changes := show.Changes
	show.First = in(show.First)
	show.Changes = func(ctx context.Context, b live.Batch, send func([]byte)) error {
		return changes(ctx, b, func(frame []byte) { send(site.Place(frame)) })
	}
	if show.Later != nil {
		show.Later = in(show.Later)
	}
	return show
}
